/**
 * What handles the messages of an incarnation: a dispatcher. Those of a keyed actor are handled by its keys ([keyedServing.ts](keyedServing.ts)).
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Actor from "../Actor.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Built } from "./build.ts"
import * as dispatcher from "./dispatcher.ts"
import type { AnyMailbox } from "./endpoint.ts"
import { flattenerFor } from "./flatContext.ts"
import type { HostContext } from "./hostContext.ts"

/** Handles the messages of one incarnation. */
export interface Serving {
  /** Starts the messages of the mailbox, from now on. */
  readonly resume: () => void
  /** What goes on in the background once it has been resumed. */
  readonly after: Effect.Effect<void>
  /** Ends what runs: the callers get their answers at once, then the fibers are interrupted. */
  readonly close: (cause: ExitCause.ExitCause) => Effect.Effect<void>
}

/** What it is made of. */
export interface Given {
  readonly host: HostContext
  readonly actor: Actor.Any
  readonly index: number
  readonly mailbox: AnyMailbox
  readonly built: Built
  /** A handler has died; the actor can't be trusted any more. */
  readonly onDefect: (cause: Cause.Cause<unknown>) => void
}

/** Makes what handles the messages of an incarnation that is built. */
export type Serve = (given: Given) => Serving

/** Makes it for an actor that is not keyed. Dies if its layer is for another kind of actor. */
export const serve: Serve = ({ actor, built: { behavior, keyed, options }, host, index, mailbox, onDefect }) => {
  if (mailbox.isKeyed || keyed !== undefined) throw otherKind(actor)
  mailbox.configure(options)
  const own = dispatcher.make({
    actor,
    index,
    behavior,
    mailbox,
    block: host.endpoint.block,
    inFlight: host.inFlight,
    flatten: flattenerFor(host.services),
    onDefect
  })
  return {
    resume: () => mailbox.resume((delivery) => own.handle(delivery)),
    after: Effect.void,
    close: (cause) => own.close(cause)
  }
}

/** The layer of an actor is for another kind of actor than its class says. */
export const otherKind = ({ actorName, keys }: Actor.Any): TypeError =>
  new TypeError(
    `${actorName} is ${
      keys === undefined ? "no keyed actor, and its layer is one of" : "a keyed actor, and its layer is not one of"
    } a keyed actor: class and layer are of two versions`
  )
