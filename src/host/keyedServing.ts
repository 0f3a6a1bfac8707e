/**
 * What handles the messages of an incarnation of a keyed actor. It is loaded by threads that host one.
 */
import * as branches from "./branches.ts"
import { flattenerFor } from "./flatContext.ts"
import { HandlerContexts } from "./handlerContext.ts"
import { Keys } from "./keys.ts"
import { makePlans } from "./plan.ts"
import { otherKind, type Serve } from "./serving.ts"

/** Makes it. Dies if the actor's layer is for another kind of actor. */
export const serve: Serve = ({ actor, built: { behavior, keyed: options }, host, index, mailbox }) => {
  if (!mailbox.isKeyed || options === undefined || actor.keys === undefined || behavior.keyed === undefined) {
    throw otherKind(actor)
  }
  mailbox.configure(options)
  const { build, context } = behavior.keyed
  const { endpoint: { block }, inFlight } = host
  const handling = {
    name: actor.actorName,
    index,
    plans: makePlans(actor, behavior, context),
    block,
    inFlight,
    journal: inFlight.journalOf(index, actor),
    ofFunctions: new HandlerContexts(actor.actorName, actor.actorName, context, flattenerFor(host.services))
  }
  const keys = new Keys({
    host,
    handling,
    mailbox,
    codec: actor.keys,
    options,
    build,
    context: branches.counted(context)
  })
  return { resume: () => mailbox.resume(keys), after: keys.wakeKept(), close: (cause) => keys.close(cause) }
}
