/**
 * What the supervisor holds for the keys of an actor across restarts: the values that they leave, and which of them were awake.
 */
import { placeOf } from "../link/rendezvous.ts"
import { keptName, type OnThread } from "./key.ts"

/** The values that keys leave, and the notes of which are awake. No actor has a `/` or a `!` in its name. */
export class Keeping {
  private readonly host: OnThread
  private readonly actor: string

  constructor(host: OnThread, actor: string) {
    this.host = host
    this.actor = actor
  }

  /** The keys of this instance that were awake, and are to be woken. */
  awake(): ReadonlyArray<string> {
    const { instance, kept } = this.host
    const prefix = this.nameOf("")
    return Array.from(kept.keys())
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
      .filter((key) => placeOf(key, instance.count) === instance.index)
  }

  /** Whether a key is to be awake. */
  isNoted(key: string): boolean {
    return this.host.kept.has(this.nameOf(key))
  }

  /** A key is awake, and is to be woken after a restart. */
  note(key: string): void {
    if (!this.isNoted(key)) this.set(this.nameOf(key), true)
  }

  /** A key is not to be woken. */
  unnote(key: string): void {
    if (this.isNoted(key)) this.set(this.nameOf(key), undefined)
  }

  /** Nothing of a key is left. */
  forget(key: string): void {
    this.unnote(key)
    const name = keptName(this.actor, key)
    if (this.host.kept.has(name)) this.set(name, undefined)
  }

  private nameOf(key: string): string {
    return `${this.actor}!${key}`
  }

  /** A value of `undefined` is forgotten. */
  private set(name: string, value: unknown): void {
    if (value === undefined) this.host.kept.delete(name)
    else this.host.kept.set(name, value)
    this.host.onKept(name, value)
  }
}
