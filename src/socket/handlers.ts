/**
 * What a system answers to each request of the `heddle` command.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as calls from "./calls.ts"
import * as deadLetters from "./deadLetters.ts"
import * as keys from "./keys.ts"
import * as looking from "./looking.ts"
import type { Operated } from "./operated.ts"
import * as request from "./request.ts"
import { viewOf, withMachines } from "./view.ts"

type Handler = (operated: Operated) => request.Answering

/** How an order failed, in the words of its error. */
const refused = (error: { readonly _tag: string; readonly message: string }): request.Failed =>
  request.failed(error._tag === "UnknownThread" ? "wrong" : "refused", error.message)

const done = <E extends { readonly _tag: string; readonly message: string }>(order: Effect.Effect<void, E>) =>
  request.once(Effect.mapBoth(order, { onFailure: refused, onSuccess: () => ({}) }))

/** The shortest time between two views. */
const shortestMillis = 50

/** How the system is, as often as was asked for. */
const status: Handler = (operated) =>
  request.answering(request.Status, ({ everyMillis, machines = false, times }) => {
    const view = machines ? withMachines(operated) : viewOf(operated)
    const next = Effect.andThen(Effect.sleep(Math.max(shortestMillis, everyMillis)), view)
    return Stream.concat(Stream.fromEffect(view), Stream.fromEffectRepeat(next)).pipe(
      Stream.take(times ?? Infinity),
      Stream.interruptWhen(operated.running.ended)
    )
  })

const events: Handler = ({ running: { supervisor } }) =>
  request.answering(request.Events, ({ follow }) => {
    if (!follow) return Stream.fromIterable(supervisor.recentEvents())
    return supervisor.recentAndLaterEvents
  })

const restart: Handler = ({ running: { supervisor } }) =>
  request.answering(request.Restart, ({ name }) => done(supervisor.system.restart(name)))

const stop: Handler = ({ running: { supervisor } }) =>
  request.answering(request.Stop, ({ name }) => done(supervisor.system.stop(name)))

const shutdown: Handler = ({ running }) =>
  request.answering(
    request.Shutdown,
    () =>
      request.once(
        Effect.map(running.shutdown("heddle shutdown was called"), ({ terminated }) => ({ terminated }))
      )
  )

const call: Handler = (operated) => request.answering(request.Call, (sent) => calls.ask(operated, sent))

const tell: Handler = (operated) => request.answering(request.Tell, (sent) => request.once(calls.tell(operated, sent)))

const keyList: Handler = (operated) =>
  request.answering(request.Keys, ({ actor }) => Stream.fromIterableEffect(keys.list(operated, actor)))

const wakeKey: Handler = (operated) =>
  request.answering(request.WakeKey, (named) => request.once(keys.order(operated, "wake", named)))

const stopKey: Handler = (operated) =>
  request.answering(request.StopKey, (named) => request.once(keys.order(operated, "stop", named)))

const letters: Handler = (operated) =>
  request.answering(
    request.DeadLetters,
    (given) => Stream.flatMap(Stream.fromEffect(deadLetters.list(operated, given)), Stream.fromIterable)
  )

const repeat: Handler = (operated) =>
  request.answering(request.RepeatDeadLetters, (which) => request.once(counted(deadLetters.repeat(operated, which))))

const drop: Handler = (operated) =>
  request.answering(request.DropDeadLetters, (which) => request.once(counted(deadLetters.drop(operated, which))))

const counted = <E>(order: Effect.Effect<number, E>) => Effect.map(order, (count) => ({ count }))

/** The handlers by the names of the requests. */
export const answers: ReadonlyMap<string, Handler> = new Map([
  [request.Status.name, status],
  [request.Events.name, events],
  [request.Restart.name, restart],
  [request.Stop.name, stop],
  [request.Call.name, call],
  [request.Tell.name, tell],
  [request.Keys.name, keyList],
  [request.WakeKey.name, wakeKey],
  [request.StopKey.name, stopKey],
  [request.Inspect.name, looking.inspect],
  [request.Logs.name, looking.logs],
  [request.PostMortems.name, looking.postMortems],
  [request.Profile.name, looking.profile],
  [request.Heap.name, looking.heap],
  [request.DeadLetters.name, letters],
  [request.RepeatDeadLetters.name, repeat],
  [request.DropDeadLetters.name, drop],
  [request.Shutdown.name, shutdown]
])
