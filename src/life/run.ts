/**
 * One thread's life: loads what it needs, waits for the word to begin, hosts the thread's actors, and says how they are.
 *
 * ```text
 *   import the config module --> agree with main --> load --> begin --> host ---> stop asked: close ---> Stopped
 *              |                       |              |         |         |
 *              +-----------------------+--------------+---------+---------+---> close what was built ---> Failing
 * ```
 *
 * It knows no `Worker`: the real thread's entry and the simulated threads of `Testing` both run it.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Stopping } from "../ActorError.ts"
import { agree, type Agreed } from "../control/agreement.ts"
import * as deadLetters from "../control/deadLetters.ts"
import type { Inspection } from "../control/inspection.ts"
import type { Beginning, ThreadInit } from "../control/protocol.ts"
import * as ExitCause from "../ExitCause.ts"
import * as endpoint from "../host/endpoint.ts"
import type { Failure, Stop } from "../host/hostContext.ts"
import * as inFlight from "../host/inFlight.ts"
import { Retirement } from "../host/retirement.ts"
import * as hostWaits from "../host/waits.ts"
import { atMost } from "../loop/atMost.ts"
import * as monotonic from "../loop/monotonic.ts"
import * as hosting from "./hosting.ts"
import * as supervisorMessages from "./supervisorMessages.ts"
import type { Surroundings } from "./surroundings.ts"

export type { Surroundings } from "./surroundings.ts"

/**
 * Runs a thread from its first message to its last. Completes once it has reported `Stopped` or `Failing`; what it failed of is
 * in that message, and the effect itself does not fail.
 */
export const run = (init: ThreadInit, surroundings: Surroundings): Effect.Effect<void, never, Scope.Scope> =>
  Effect.catch(live(init, surroundings), ({ cause, fatal, wellUntil }) =>
    Effect.map(monotonic.now, (now) => {
      const unwellMillis = wellUntil === undefined ? 0 : Math.max(0, now - wellUntil)
      return surroundings.post({ _tag: "Failing", cause, fatal, unwellMillis })
    }))

/** The life of a thread that fails with the reason why it can't go on. */
const live = Effect.fnUntraced(function*(
  init: ThreadInit,
  surroundings: Surroundings
): Effect.fn.Return<void, Failure, Scope.Scope> {
  const { after, endChildren, post, topology } = surroundings
  const supervisor = supervisorMessages.listen(surroundings)
  const begun = yield* Deferred.make<Beginning>()
  const stopAsked = yield* Deferred.make<Stop>()
  const imported = yield* topology
  const agreed = agree(init, imported)
  if ("problem" in agreed) return yield* Effect.fail(loadFailed(init, agreed.problem))
  const links = yield* openLinks(init, agreed, surroundings)
  let waits: hostWaits.HostWaits | undefined
  let inspect = (_name: string): Inspection => ({ last: [], failures: [], current: [], kept: null })
  supervisor.deliver(
    supervisorMessages.receiver({
      surroundings,
      links,
      begun,
      stopAsked,
      waits: () => waits,
      inspect: (name) => inspect(name)
    })
  )

  const loaded = yield* Effect.raceFirst(
    hosting.load(init, imported, agreed, { begun, post }),
    Effect.as(Deferred.await(stopAsked), undefined)
  )
  if (loaded === undefined) {
    yield* endChildren(init.closeMillis / 4)
    return post({ _tag: "Stopped" })
  }
  const onDied: Parameters<typeof inFlight.make>[2] = (actor, last) => post({ _tag: "Died", actor, last })
  const handling = inFlight.make(links.block, agreed.places.map(({ thread }) => thread), onDied)
  inspect = (name) => handling.inspect(links.hosts.findIndex((host) => host.name === name))
  const hosted = yield* hosting.make({ init, agreed, links, inFlight: handling, loaded, surroundings })
  waits = hostWaits.make({
    endpoint: links,
    inFlight: handling,
    after,
    onBlocked: (waits) => post({ _tag: "Blocked", waits })
  })

  const leave = (): void => {
    links.abandon(new Stopping())
    links.drain()
  }
  yield* hosted.live.pipe(
    Effect.raceFirst(Deferred.await(stopAsked)),
    // The other actors of a thread that fails end in order too, their messages left to the next incarnation.
    Effect.tapError(() =>
      Effect.andThen(
        atMost(init.closeMillis, hosted.close({ drainMillis: init.closeMillis / 2, comesBack: true })),
        Effect.sync(leave)
      )
    ),
    Effect.flatMap((stop) => hosted.close(stop))
  )
  // The last answers go first, here and above: the receiver of the end may end this thread before this turn is over.
  leave()
  post({ _tag: "Stopped" })
})

/** Opens this thread's end of all links, until the scope closes. */
const openLinks = Effect.fnUntraced(function*(
  init: ThreadInit,
  { places, strangers }: Agreed,
  { after, atExit, post }: Surroundings
) {
  const { block, remains, thread } = init
  const extras = yield* endpoint.load({ places, self: thread, strangers })
  const links = endpoint.make({
    extras,
    retirement: retirementOf(init, post),
    places,
    strangers,
    self: thread,
    block,
    after,
    remains,
    onDeadLetter: (letter) =>
      post({ _tag: "Letter", ...deadLetters.withPayload(Date.now(), letter, links.block.arePayloadsRead()) }),
    onLost: (sender, losses) => {
      for (const event of deadLetters.lostLetters(Date.now(), places, sender, losses)) {
        post({ _tag: "Event", event })
      }
    }
  })
  // What was accepted in this turn still arrives.
  atExit(() => links.flush())
  yield* Effect.addFinalizer(() => Effect.sync(() => links.close()))
  return links
})

/** How a thread retires that is recycled; undefined if it never is. */
const retirementOf = ({ hosts, instance, recycle }: ThreadInit, post: Surroundings["post"]): Retirement | undefined =>
  recycle && new Retirement({
    after: recycle.after,
    actors: hosts.map(({ actor }) => actor),
    isInstance: instance.count > 1,
    onWearing: () => post({ _tag: "Wearing" }),
    onWorn: (amount) => post({ _tag: "Worn", why: "after", amount }),
    onRetired: () => post({ _tag: "Retired" })
  })

/** The config module is not what this thread needs. */
const loadFailed = ({ module, thread }: ThreadInit, message: string): Failure => ({
  cause: ExitCause.LoadFailed.make({ thread, module, message, stack: "" }),
  fatal: false
})
