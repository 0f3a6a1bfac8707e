/**
 * The actors of the system and their messages: what they take, as JSON schemas, and sending them one.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSchema from "effect/rpc/RpcSchema"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Actor from "../Actor.ts"
import { Actors } from "../control/actors.ts"
import type { Place } from "../link/place.ts"
import * as calls from "../socket/calls.ts"
import * as keys from "../socket/keys.ts"
import type { Failed } from "../socket/request.ts"
import { hasSchemas } from "../wire/codec.ts"
import { isView, KeyView, Missing } from "../wire/keyMessages.ts"

/** A message that an actor takes. `schema` is that of its payload, null if it has none or none that JSON can write. */
export const MessageView = Schema.Struct({
  name: Schema.String,
  isStream: Schema.Boolean,
  hasPayload: Schema.Boolean,
  schema: Schema.NullOr(Schema.Unknown)
})
export type MessageView = typeof MessageView.Type

/** An actor and its messages. */
export const ActorView = Schema.Struct({
  name: Schema.String,
  isKeyed: Schema.Boolean,
  messages: Schema.Array(MessageView)
})
export type ActorView = typeof ActorView.Type

/** A message that was not answered, or with an error of its own. `kind`: as in the exit codes of `heddle call`. */
export class CallFailed extends Schema.TaggedError<CallFailed>()("CallFailed", {
  kind: Schema.Literals(["refused", "wrong", "declared", "unhandled", "maybe"]),
  message: Schema.String
}, { httpApiStatus: 422 }) {}

/** The answers to a message: one, none for a message without an answer, or the first elements of a stream. */
export const Answers = Schema.Struct({ values: Schema.Array(Schema.Unknown), isStream: Schema.Boolean })
export type Answers = typeof Answers.Type

/** Keys of an actor, and how many there are in all; `missing`: the machines that don't say. */
export const KeyList = Schema.Struct({
  count: Schema.Int,
  keys: Schema.Array(KeyView),
  missing: Schema.Array(Missing)
})
export type KeyList = typeof KeyList.Type

/** Elements of a stream that are shown at most. */
const mostElements = 100
/** Keys that are listed at most. */
const mostKeys = 100
/** For how long a stream is read. */
const streamMillis = 2000

/** The payload of a message as JSON Schema, where there is such a form of it. */
const schemaOf = (rpc: Rpc.Any): Pick<MessageView, "hasPayload" | "schema"> => {
  if (!hasSchemas(rpc) || rpc.payloadSchema.ast._tag === "Void") return { hasPayload: false, schema: null }
  try {
    return { hasPayload: true, schema: Schema.toJsonSchemaDocument(rpc.payloadSchema) }
  } catch {
    // A form for it is a field of JSON.
    return { hasPayload: true, schema: null }
  }
}

/** What the page shows of an actor without asking it. */
const viewOf = ({ actorName, keys, protocol }: Actor.Any): ActorView => ({
  name: actorName,
  isKeyed: keys !== undefined,
  messages: Array.from(protocol.requests, ([name, rpc]) => ({
    name,
    isStream: hasSchemas(rpc) && RpcSchema.isStreamSchema(rpc.successSchema),
    ...schemaOf(rpc)
  }))
})

/** What the dashboard does with actors by their names. */
export interface Directory {
  readonly actors: ReadonlyArray<ActorView>
  readonly ask: (sent: calls.Sent) => Effect.Effect<Answers, CallFailed>
  /** The keys of an actor that contain a text. */
  readonly keys: (actor: string, search: string) => Effect.Effect<KeyList, CallFailed>
  readonly order: (actor: string, order: "wake" | "stop", key: string) => Effect.Effect<unknown, CallFailed>
}

type Named = Place["actors"][number]

/** Whether this thread knows the messages of an actor. */
export const hasProtocol = (actor: Named): actor is Actor.Any => "protocol" in actor

/** Whether the program has declared an actor: heddle's own have a dot in their names. */
const isDeclared = (actor: Named): actor is Actor.Any => hasProtocol(actor) && !actor.actorName.includes(".")

/** Finds the actors of the system; none where nobody has said which there are. */
export const make: Effect.Effect<Directory> = Effect.contextWith((context: Context.Context<never>) => {
  const places = Context.getOrElse(context, Actors, () => [])
  const known = places.flatMap(({ actors }) => actors.filter(isDeclared))
  const actors = [...new Map(known.map((actor) => [actor.actorName, actor])).values()]
  const reachable: calls.Reachable = {
    topology: {
      threads: places.map(({ actors, group, thread }) => ({
        name: thread,
        group: { name: group ?? thread },
        actors: actors.filter(isDeclared).map((actor) => ({ actor }))
      }))
    },
    running: { services: context }
  }
  const views = actors.map(viewOf)
  const isStream = ({ actor, message }: calls.Sent): boolean =>
    views.find(({ name }) => name === actor)?.messages.find(({ name }) => name === message)?.isStream ?? false
  return Effect.succeed({
    actors: views,
    ask: (sent) => answersOf(calls.ask(reachable, sent), isStream(sent)),
    keys: (actor, search) =>
      keys.list(reachable, actor).pipe(
        Effect.map((all) => listOf(all, search)),
        Effect.mapError(callFailed)
      ),
    order: (actor, order, key) => Effect.mapError(keys.order(reachable, order, { actor, key }), callFailed)
  })
})

const callFailed = ({ kind, message }: Failed): CallFailed => new CallFailed({ kind, message })

const listOf = (all: Effect.Success<ReturnType<typeof keys.list>>, search: string): KeyList => {
  const found = all.filter(isView)
  return {
    count: found.length,
    keys: shownOf(found.filter(({ key }) => key.includes(search))),
    missing: all.flatMap((one) => isView(one) ? [] : [one])
  }
}

/** The keys to look at first: given up, failing, busy. */
const shownOf = (keys: ReadonlyArray<KeyView>): ReadonlyArray<KeyView> =>
  keys.toSorted((a, b) =>
    Number(b.state === "quarantined") - Number(a.state === "quarantined") || b.failures - a.failures ||
    b.waiting + b.running - a.waiting - a.running || (a.key < b.key ? -1 : 1)
  ).slice(0, mostKeys)

/** Collects answers: of a stream the first hundred elements, and those of two seconds. */
const answersOf = (answers: ReturnType<typeof calls.ask>, isStream: boolean): Effect.Effect<Answers, CallFailed> =>
  Effect.suspend(() => {
    const values: Array<unknown> = []
    const collect = answers.pipe(
      Stream.take(mostElements),
      Stream.runForEach(({ value }) =>
        Effect.sync(() => {
          if (value !== undefined) values.push(value)
        })
      )
    )
    return (isStream ? Effect.raceFirst(collect, Effect.sleep(streamMillis)) : collect).pipe(
      Effect.mapBoth({
        onFailure: callFailed,
        onSuccess: () => ({ values, isStream })
      })
    )
  })
