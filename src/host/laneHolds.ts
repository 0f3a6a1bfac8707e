/**
 * Holds senders back from keys in whose lanes enough messages wait, in a mailbox whose senders wait when it is full. So one busy key
 * does not fill the mailbox for all others.
 *
 * ```text
 *   the lane is long ---> hold: what is on its way still comes, and gives back its place in the mailbox
 *                          |
 *                          +--- the lane is half empty ---> release
 * ```
 */
import type { Arrival, Delivery } from "../link/delivery.ts"
import type { KeyHolder, KeyLane } from "./laneStarter.ts"

/** The senders that are held back, by lane. */
export class LaneHolds<Holder extends KeyHolder> {
  private readonly held = new Map<KeyLane<Holder>, Map<Arrival, number>>()

  /** A message comes to a lane that is long enough without it. */
  add(lane: KeyLane<Holder>, delivery: Delivery): void {
    const { link, request: [, , actor] } = delivery
    let links = this.held.get(lane)
    if (links === undefined) this.held.set(lane, links = new Map())
    if (!links.has(link)) {
      links.set(link, actor)
      link.wire.post(["hold", actor, lane.key])
    }
    // After that: a sender that finds room in the mailbox is to know that it is not for this key.
    delivery.becomeSurplus()
  }

  /** A sender has sent what stops a key, although it is held back: what it sends after that is for the next build. */
  onStop(lane: KeyLane<Holder>, { link, request: [, , actor] }: Delivery): void {
    if (this.held.get(lane)?.delete(link) === true) link.wire.post(["release", actor, lane.key])
  }

  /** Messages have left a lane, of which `most` may wait. */
  onShorter(lane: KeyLane<Holder>, most: number): void {
    if (this.held.size === 0 || lane.size > most / 2) return
    const links = this.held.get(lane)
    if (links === undefined) return
    this.held.delete(lane)
    for (const [{ wire }, actor] of links) wire.post(["release", actor, lane.key])
  }
}
