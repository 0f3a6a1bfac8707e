/**
 * The context of a key: that of its actor, and what only the key has.
 */
import * as Context from "effect/Context"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Actor from "../Actor.ts"

/** Adds a key's scope, what it knows of itself, and the annotations of its log records and spans. */
export const keyContext = (
  context: Context.Context<never>,
  scope: Scope.Scope,
  current: Actor.Current["Service"],
  key: string
): Context.Context<never> => {
  const logs = Context.get(context, References.CurrentLogAnnotations)
  const spans = Context.get(context, References.TracerSpanAnnotations)
  return context.pipe(
    Context.add(References.CurrentLogAnnotations, { ...logs, key }),
    Context.add(References.TracerSpanAnnotations, { ...spans, actor: current.actor, key }),
    Context.add(Scope.Scope, scope),
    Context.add(Actor.Current, current)
  )
}
