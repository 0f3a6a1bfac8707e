/**
 * Finds messages that wait at an instance for longer than they should, and has them taken back.
 *
 * ```text
 *   at rest --- a message is posted ---> watching --- 10 ms later, nothing waits at an instance ---> at rest
 *                                           ^  |
 *                                           |  +--- one waits since then: its instance is shut, what waits there comes back
 *                                           +-----/
 * ```
 *
 * A message is sent ahead only if the last ones were short. So one that waits for 10 ms is behind a longer one, or its instance is
 * held up by something else. Each sender watches its own messages. The ledger decides whether a message has started.
 */
import type { After, Wait, Waiter } from "../loop/timeouts.ts"
import { nextTurn } from "./inFlight.ts"
import type { Outgoing } from "./outgoing.ts"

/** How long a message waits at an instance, or up to twice as long. */
export const overdueMillis = 10

/** What waits at an instance: whether anything does, and what was taken back. */
export interface Waiting {
  readonly some: boolean
  readonly back: ReadonlyArray<Outgoing>
}

/** Takes back what waits at an instance, if one of its messages was posted before a turn. */
export interface Watched {
  recall(actor: number, before: number): Waiting
}

/** Watches the messages of this thread to one actor at all of its instances. */
export class Overdue implements Waiter {
  private readonly actor: number
  private readonly instances: ReadonlyArray<Watched>
  private readonly after: After
  private readonly onBack: (messages: ReadonlyArray<Outgoing>) => void
  private wait: Wait | undefined
  /** What was posted before this turn should have started when the wait is over. */
  private before = 0

  constructor(
    actor: number,
    instances: ReadonlyArray<Watched>,
    after: After,
    onBack: (messages: ReadonlyArray<Outgoing>) => void
  ) {
    this.actor = actor
    this.instances = instances
    this.after = after
    this.onBack = onBack
  }

  /** A message was posted. */
  watch(): void {
    if (this.wait !== undefined) return
    this.before = nextTurn()
    this.wait = this.after(overdueMillis, this)
  }

  /** Nothing comes back any more. */
  stop(): void {
    this.wait?.giveUp()
    this.wait = undefined
  }

  /** It is time to look. */
  onDue(): void {
    this.wait = undefined
    const found = this.instances.map((instance) => instance.recall(this.actor, this.before))
    if (found.some(({ some }) => some)) this.watch()
    const back = found.flatMap(({ back }) => back)
    if (back.length > 0) this.onBack(back.toSorted((a, b) => a.turn - b.turn))
  }
}
