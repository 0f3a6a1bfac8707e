/**
 * What handles the messages of an incarnation: a dispatcher, or the keys of a keyed actor.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Actor from "../Actor.ts"
import type * as ExitCause from "../ExitCause.ts"
import * as branches from "./branches.ts"
import type { Built } from "./build.ts"
import * as dispatcher from "./dispatcher.ts"
import type { AnyMailbox } from "./endpoint.ts"
import { flattenerFor } from "./flatContext.ts"
import { HandlerContexts } from "./handlerContext.ts"
import type { HostContext } from "./hostContext.ts"
import { KeyedMailbox } from "./keyedMailbox.ts"
import { Keys } from "./keys.ts"
import type { Mailbox } from "./mailbox.ts"
import { makePlans } from "./plan.ts"

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

/** Makes what handles the messages of an incarnation that is built. Dies if its layer is for another kind of actor. */
export const make = (given: Given): Serving => {
  const { actor, built: { behavior, keyed, options }, mailbox } = given
  const isKeyed = mailbox instanceof KeyedMailbox
  if (!isKeyed && keyed === undefined) {
    mailbox.configure(options)
    return serveActor(given, mailbox)
  }
  if (!isKeyed || keyed === undefined || actor.keys === undefined || behavior.keyed === undefined) {
    throw new TypeError(
      `${actor.actorName} is ${
        isKeyed ? "a keyed actor, and its layer is not" : "no keyed actor, and its layer is one of"
      } ` +
        "a keyed actor: class and layer are of two versions"
    )
  }
  mailbox.configure(keyed)
  const { build, context } = behavior.keyed
  const { host, index } = given
  const { block } = host.endpoint
  const plans = makePlans(actor, behavior, context)
  const keys = new Keys({
    host,
    handling: {
      name: actor.actorName,
      index,
      plans,
      block,
      inFlight: host.inFlight,
      journal: host.inFlight.journalOf(index, actor),
      ofFunctions: new HandlerContexts(actor.actorName, actor.actorName, context, flattenerFor(host.services))
    },
    mailbox,
    codec: actor.keys,
    options: keyed,
    build,
    context: branches.counted(context)
  })
  return { resume: () => mailbox.resume(keys), after: keys.wakeKept(), close: (cause) => keys.close(cause) }
}

const serveActor = (
  { actor, built: { behavior }, host, index, onDefect }: Given,
  mailbox: Mailbox
): Serving => {
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
