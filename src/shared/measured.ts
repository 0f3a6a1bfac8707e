/**
 * The part of a status block that is there to be measured: nothing is decided by it.
 *
 * ```text
 *   Float64, in the header: CPU milliseconds, milliseconds of garbage collections, milliseconds that main's last question waited, whether main
 *     measures
 *   per actor, Float64: tenths of milliseconds that its messages have waited, and were handled
 * ```
 */

/** Where the numbers of the header begin. */
const [cpu, gc, delay, isOn] = [3, 4, 5, 6]

/** How many bytes the times of actors take. */
export const timesBytes = (actors: number): number => (Math.ceil(actors * 16 / 64) + 1) * 64

export class Measured {
  private readonly header: Float64Array
  private readonly times: Float64Array

  constructor(header: Float64Array, times: Float64Array) {
    this.header = header
    this.times = times
  }

  /** Has the thread measure its garbage collections from its next beat on; main writes it. */
  begin(): void {
    this.header[isOn] = 1
  }

  hasBegun(): boolean {
    return this.header[isOn] === 1
  }

  /** Notes how much processor time the thread has used. */
  noteCpu(millis: number): void {
    this.header[cpu] = millis
  }

  /** Undefined before it was noted, and where Node can't tell. */
  cpuMillis(): number | undefined {
    return this.header[cpu] === 0 ? undefined : this.header[cpu]
  }

  noteGc(millis: number): void {
    this.header[gc] = millis
  }

  gcMillis(): number {
    return this.header[gc] ?? 0
  }

  noteDelay(millis: number): void {
    this.header[delay] = millis
  }

  /** How long main's last question has waited for the event loop. */
  delayMillis(): number {
    return this.header[delay] ?? 0
  }

  /** Adds how long a message of an actor has waited, and was handled. */
  addTimes(actor: number, waitedTenths: number, handledTenths: number): void {
    const at = actor * 2
    this.times[at] = (this.times[at] ?? 0) + waitedTenths
    this.times[at + 1] = (this.times[at + 1] ?? 0) + handledTenths
  }

  /** How long all messages of an actor had waited that were handled. */
  waitMillis(actor: number): number {
    return (this.times[actor * 2] ?? 0) / 10
  }

  /** How long all of them were handled. */
  handleMillis(actor: number): number {
    return (this.times[actor * 2 + 1] ?? 0) / 10
  }
}
