/**
 * Messages that were out when the process ended without a stop, more than once: one of them may be what ends it.
 *
 * They run one at a time, and only while their actor runs, so that it turns out which it is: the others run to their end.
 */
import type { Courier } from "../link/courier.ts"
import type { Lane } from "./lane.ts"
import { suspectKills } from "./layout.ts"
import type { Stored } from "./message.ts"

/** For how long a suspect runs alone: what ends the process later than that may not be found. */
const aloneMillis = 10_000
/** How long it is until it is looked again for one whose actor runs. */
const pauseMillis = 200

const isSuspect = ({ kills }: Stored): boolean => kills >= suspectKills

/** When a suspect is taken, and by whom. */
export class Suspects {
  private readonly lanes: ReadonlyMap<string, Lane>
  private readonly courier: Pick<Courier, "isRunning">
  /** When it is looked for the next one. */
  atMillis = -Infinity
  /** There may be new ones since it was begun to look. */
  private isRenewed = false

  constructor(lanes: ReadonlyMap<string, Lane>, courier: Pick<Courier, "isRunning">) {
    this.lanes = lanes
    this.courier = courier
  }

  /** The actors that would take one, if it is time to look for one. */
  takers(nowMillis: number): ReadonlyArray<string> | undefined {
    this.isRenewed = false
    if (this.atMillis > nowMillis) return undefined
    return Array.from(this.lanes).flatMap(([actor, lane]) =>
      lane.takesSuspect(nowMillis) && this.courier.isRunning(actor) ? [actor] : []
    )
  }

  /** There may be new ones in the storage. */
  renew(): void {
    this.isRenewed = true
    this.atMillis = -Infinity
  }

  /** It was looked for one. `nextAtMillis`: when the next one is due. */
  looked(taken: ReadonlyArray<Stored>, nextAtMillis: number, nowMillis: number): void {
    const atMillis = this.isRenewed ? -Infinity : nextAtMillis
    this.atMillis = Math.max(atMillis, nowMillis + (taken.some(isSuspect) ? aloneMillis : pauseMillis))
  }

  /** The delivery of a message has ended. `isRefused`: its actor has not taken it. */
  ended(message: Stored, isRefused: boolean, nowMillis: number): void {
    if (isSuspect(message)) this.atMillis = nowMillis + (isRefused ? pauseMillis : 0)
  }
}
