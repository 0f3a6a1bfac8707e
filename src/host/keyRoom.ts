/**
 * Room for the keys of an actor: at most so many are awake, and others wait until one of them has closed.
 *
 * ```text
 *   apply ---> an idle key is closed ---> admit: the key that has waited longest enters
 *     |    \-- all are busy: the first that no longer is makes room, or they wait until one closes by itself
 *     +------ rejected
 * ```
 */
import * as ActorError from "../ActorError.ts"
import type { KeyOptions } from "../control/keyOptions.ts"
import type { Key } from "./key.ts"
import type { Endings } from "./keyEndings.ts"
import type { Passivation } from "./keyPassivation.ts"

/** What becomes of keys that wait for room. */
export interface After {
  readonly isNeeded: (key: Key) => boolean
  readonly enter: (key: Key) => void
  readonly refuse: (key: Key, reason: ActorError.Reason) => void
}

/** The room for the keys of one incarnation. */
export class Room {
  /** Keys that wait for one of the others to close. */
  readonly applicants = new Set<Key>()
  private readonly options: KeyOptions
  private readonly passivation: Passivation
  private readonly endings: Endings
  private readonly after: After

  constructor(options: KeyOptions, passivation: Passivation, endings: Endings, after: After) {
    this.options = options
    this.passivation = passivation
    this.endings = endings
    this.after = after
  }

  /** One more may be awake. */
  get isFree(): boolean {
    return this.passivation.size < this.options.keys
  }

  /** There is no room for a key. */
  apply(key: Key): void {
    const { keys, onFull } = this.options
    if (onFull === "fail") return this.after.refuse(key, new ActorError.MailboxFull({ capacity: keys, of: "keys" }))
    this.applicants.add(key)
    if (this.applicants.size <= this.endings.closing) return
    const idle = this.passivation.evict((other) => this.mayEvict(other))
    if (idle !== undefined) this.endings.passivate(idle)
  }

  /** Has keys enter that have waited for room. */
  admit(): void {
    for (const key of this.applicants) {
      if (!this.isFree) return
      this.applicants.delete(key)
      if (this.after.isNeeded(key)) this.after.enter(key)
      else this.endings.leave(key)
    }
  }

  /** A message of a key has ended. Another one may wait for its room. */
  rested(key: Key): void {
    if (this.applicants.size > this.endings.closing && this.mayEvict(key)) this.endings.passivate(key)
  }

  private mayEvict(key: Key): boolean {
    const { keepAlive, onFull } = this.options
    return onFull === "evict-idle" && !keepAlive && key.isIdle
  }
}
