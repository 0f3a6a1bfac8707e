/**
 * What all actors of a thread share: the layer of the system, and that of the thread on top of it. Built once an incarnation,
 * before its actors, and closed after them.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { defaultExportOf, insteadOf } from "../base/loadModule.ts"
import * as importing from "../control/importing.ts"
import type { Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { inFlatContext } from "./flatContext.ts"
import type { Failure } from "./hostContext.ts"

/** A layer, and what it is called in errors. */
export interface Named {
  readonly name: string
  readonly layer: Layer.Layer<never, unknown, unknown>
}

/** Imports the layers of a thread, the system's first; main has only that. */
export const load = (
  { layer, threads }: Pick<Topology, "layer" | "threads">,
  thread: string,
  declaration: string
): Effect.Effect<ReadonlyArray<Named>, Failure> => {
  const own = threads.find(({ group }) => group.name === declaration)?.layer
  const declared = [
    { name: "the system's layer", load: layer },
    { name: `the layer of thread "${thread}"`, load: own }
  ]
  return Effect.forEach(declared.filter(isDeclared), ({ load, name }) => {
    const failed = (message: string, stack: string): Failure => ({
      cause: ExitCause.LoadFailed.make({ thread, module: name, message, stack }),
      fatal: false
    })
    return Effect.tryPromise({
      try: async (): Promise<unknown> => await importing.during(load),
      catch: (error) => {
        const { message, stack } = ExitCause.describe(error)
        return failed(message, stack)
      }
    }).pipe(Effect.flatMap((module) => {
      const layer = defaultExportOf(module, Layer.isLayer)
      return layer === undefined
        ? Effect.fail(failed(`the default export of its module is not a layer: ${insteadOf(module)}`, ""))
        : Effect.succeed({ name, layer })
    }))
  })
}

type Load = () => Promise<{ readonly default: unknown }>

const isDeclared = (
  layer: { readonly name: string; readonly load: Load | undefined }
): layer is { readonly name: string; readonly load: Load } => layer.load !== undefined

/** Builds them in order, each with what those before it provide; completes with what they provide together. */
export const build = (
  layers: ReadonlyArray<Named>,
  memoMap: Layer.MemoMap,
  scope: Scope.Scope
): Effect.Effect<Context.Context<never>, Failure> =>
  Effect.gen(function*() {
    let provided = Context.empty()
    for (const { layer, name } of layers) {
      const built = yield* Layer.buildWithMemoMap(withoutServices(layer), memoMap, scope).pipe(
        inFlatContext,
        Effect.provideContext(provided),
        Effect.catchCause((cause) =>
          Effect.fail({
            cause: ExitCause.BuildFailed.make({ actor: name, ...ExitCause.describeCause(cause) }),
            fatal: false
          })
        )
      )
      provided = Context.merge(provided, built)
    }
    return Context.omit(Layer.CurrentMemoMap)(provided)
  })

/** `System.make` has checked that everything is there that a layer asks for; what is declared has forgotten which. */
const withoutServices = (layer: Layer.Layer<never, unknown, unknown>) => layer as Layer.Layer<never, unknown>
