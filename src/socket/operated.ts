/**
 * A running system, as requests see it.
 */
import type { Topology } from "../control/topology.ts"
import type { Running } from "../main/run.ts"
import type { Card } from "./card.ts"

/** A system that is operated. */
export interface Operated {
  readonly topology: Topology
  readonly running: Running<never>
  readonly card: Card
}
