/**
 * The actors of the system, as services of every actor's thread.
 */
import * as Context from "effect/Context"
import type { Place } from "../link/place.ts"

/** All threads with their actors, whose clients are in the same context. For those that find an actor by its name. */
export class Actors extends Context.Service<Actors, ReadonlyArray<Place>>()("heddle/Actors") {}
