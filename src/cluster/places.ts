/**
 * The places that this machine holds. A place is what can be on one machine at a time: a part of all keys, or a thread that runs once.
 *
 * ```text
 *   the engine gives a place --> open: a lease --> messages are delivered by it --> the engine takes it away --> drain: what runs may
 *   end, for a while; the rest is taken back --> closed
 * ```
 *
 * Each holding has a lease of its own, so that a message that was sent for an earlier one is known by it.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { parts } from "../actor/fleet.ts"
import type { TakeBack } from "../link/courier.ts"
import * as rendezvous from "../link/rendezvous.ts"

const ofPart = (part: number): string => `part.${part}`

/** The places of all parts. */
export const allParts: ReadonlyArray<string> = Array.from({ length: parts }, (_, part) => ofPart(part))

/** The place of a key. All spread actors have the same parts, so that what belongs to one key is on one machine. */
export const ofKey = (key: string): string => ofPart(rendezvous.partOf(key, parts))

/** The place of a thread that runs once. */
export const ofThread = (thread: string): string => `once.${thread}`

/** A message that is being handled under a lease. */
export interface Handled {
  readonly takeBack: TakeBack
  /** Its place is given up: it was taken back, and may have run. */
  readonly onLeft: (handled: "no" | "maybe") => void
}

/** One holding of a place. */
export interface Lease {
  readonly id: string
  /** Greater than that of each earlier holding of the place, on any machine. */
  readonly fence: number
  readonly place: string
  readonly handled: Set<Handled>
  /** It takes no more messages. */
  closing: boolean
  /** Open as long as nothing is handled. */
  readonly idle: Latch.Latch
}

/** The places that are held here. */
export class Places {
  private readonly leases = new Map<string, Lease>()
  /** The tokens of places that are about to be opened: of a thread that starts. */
  private readonly coming = new Map<string, number>()
  private readonly machine: number
  private opened = 0

  /** `machine` is the number of this machine, which no other has ever had. */
  constructor(machine: number) {
    this.machine = machine
  }

  /** The lease of a place, if it is held here and takes messages. */
  find(place: string): Lease | undefined {
    const lease = this.leases.get(place)
    return lease?.closing === false ? lease : undefined
  }

  /** The token of a place that is held here, or is about to be opened; what runs there ends before the place is given up. */
  fenceOf(place: string): number | undefined {
    return this.leases.get(place)?.fence ?? this.coming.get(place)
  }

  /** A place is held, and will be opened with this token; nothing: it will not. */
  expect(place: string, fence: number | undefined): void {
    if (fence === undefined) this.coming.delete(place)
    else this.coming.set(place, fence)
  }

  /** Begins a holding. */
  open(place: string, fence: number): Lease {
    const lease: Lease = {
      fence,
      id: `${this.machine}.${++this.opened}`,
      place,
      handled: new Set(),
      closing: false,
      idle: Latch.makeUnsafe(true)
    }
    this.leases.set(place, lease)
    return lease
  }

  /** Ends a holding: what is handled may end for `drainMillis`, and is then taken back. */
  close(lease: Lease, drainMillis: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      lease.closing = true
      return Effect.timeoutOption(lease.idle.await, drainMillis)
    }).pipe(
      Effect.andThen(Effect.sync(() => {
        leave(lease)
        if (this.leases.get(lease.place) === lease) this.leases.delete(lease.place)
      }))
    )
  }

  /** Ends all holdings at once. */
  abandon(): void {
    this.coming.clear()
    for (const lease of this.leases.values()) {
      lease.closing = true
      leave(lease)
    }
  }
}

/** Notes that a message is handled under a lease. Returns what says that it is not any more. */
export const begin = (lease: Lease, handled: Handled): () => void => {
  lease.handled.add(handled)
  lease.idle.closeUnsafe()
  return () => {
    lease.handled.delete(handled)
    if (lease.handled.size === 0) lease.idle.openUnsafe()
  }
}

const leave = ({ handled }: Lease): void => {
  for (const one of Array.from(handled)) one.onLeft(one.takeBack())
}
