/**
 * The layer of the cluster's actor, which only its own thread imports.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomBytes } from "node:crypto"
import * as Actor from "../Actor.ts"
import { clusterActor } from "../actor/clusterActor.ts"
import { Membership } from "../actor/membership.ts"
import { format, parse } from "../base/address.ts"
import { Carrier } from "../link/courier.ts"
import { SteadyClock } from "../loop/steadyClock.ts"
import { connect } from "../storage/postgres.ts"
import { explain } from "../storage/problem.ts"
import * as agreement from "./agreement.ts"
import * as engine from "./engine.ts"
import * as fences from "./fences.ts"
import * as fleets from "./fleet.ts"
import * as holding from "./holding.ts"
import * as joining from "./joining.ts"
import * as keyLists from "./keys.ts"
import * as listening from "./listening.ts"
import * as orders from "./orders.ts"
import * as places from "./places.ts"
import * as remotes from "./remote.ts"
import * as router from "./router.ts"
import { Excluded, read } from "./settings.ts"
import * as softwares from "./software.ts"
import * as sweepers from "./sweeper.ts"
import * as tables from "./tables.ts"
import * as transport from "./transport.ts"
import { Watch } from "./watch.ts"
import { Wires } from "./wires.ts"

/** How long it may take to tell the others that this machine is gone: they notice in any case. */
const leaveMillis = 1000

/** How many sessions it has with the database: its own, which holds all locks, and some for who asks. */
const mostConnections = 4

const ClusterActor = clusterActor()

/** This machine, entered in the database; nobody knows of it yet but by that. */
const entered = Effect.gen(function*() {
  const membership = yield* Membership
  const settings = yield* read(membership.spec)
  const address = format(settings.address)
  const session = randomBytes(6).toString("hex")
  const { sql, where } = yield* Effect.mapError(
    connect(membership.url, {
      applicationName: tables.nameOf(session),
      maxConnections: mostConnections,
      // A machine that stands still within a transaction must not keep the others from acting.
      startupParameters: { idle_in_transaction_session_timeout: `${membership.spec.failoverMillis}` }
    }),
    ({ text }) => new Excluded(`can't join its cluster: its storage ${text}`)
  )
  const usable = Effect.mapError((error: SqlError | Excluded) =>
    error instanceof Excluded ? error : new Excluded(`can't join its cluster: its storage ${explain(error, where)}`)
  )
  yield* usable(tables.prepare(sql))
  yield* usable(tables.checkKey(sql, settings))
  const connection = yield* usable(sql.reserve)
  const agreed = agreement.of(membership)
  const software = softwares.of(membership.module)
  const id = yield* usable(Effect.acquireRelease(
    tables.enter(connection, {
      address,
      session,
      agreed: agreement.write(agreed),
      software: JSON.stringify(software)
    }),
    // Whatever it has held is given back by then.
    (id) => Effect.ignore(Effect.timeout(tables.leave(sql, id), leaveMillis))
  ))
  const remote = yield* remotes.make(settings)
  const prefix = yield* usable(tables.prefix(sql))
  yield* usable(joining.join({ sql, session: connection, id, agreed, remote, settings }))
  return { membership, settings, address, software, sql, where, prefix, connection, id, remote }
})

/** The actor, once this machine has joined. */
const opened = Effect.gen(function*() {
  const carrier = yield* Carrier
  const sweeper = sweepers.make(carrier, yield* Membership)
  // What an earlier incarnation of this thread has held, this one does not hold.
  yield* holding.clear(sweeper, yield* Membership)
  const machine = yield* entered
  const { address, id, membership, remote, settings, sql } = machine
  const held = new places.Places(id)
  const fence = yield* fences.make(tables.fence(machine.connection))
  const running = yield* Deferred.make<engine.Engine>()
  const threads = new Map(membership.once.flatMap(({ actors, name }) => actors.map((actor) => [actor, name] as const)))
  const routing: router.Options = {
    self: address,
    carrier,
    held,
    remote,
    threadOf: (actor) => threads.get(actor),
    isSpread: (actor) => membership.spec.spread.includes(actor),
    where: (place) => Effect.flatMap(Deferred.await(running), ({ where }) => where(place)),
    problem: () => watch.problem()
  }
  const routes = router.make(routing)
  const ordering = orders.make({ ...routing, membership, send: orders.by(remote) })
  const watch = new Watch({
    sql,
    session: machine.connection,
    id,
    address,
    failoverMillis: membership.spec.failoverMillis,
    remote,
    explain: (error) => explain(error, machine.where),
    onGone: Effect.fnUntraced(function*(gone: string, isReplaced: boolean) {
      routes.forgetMachine(gone)
      const parsed = parse(gone)
      // A new process at the address has the connection by now; that to the old one has ended with it.
      if (parsed === undefined || isReplaced) return
      yield* remote.drop(gone, `machine ${gone} is gone`)
      yield* Effect.ignore((yield* Deferred.await(running)).unregister(parsed))
    })
  })
  let given = (_place: string): boolean => false
  const keys = keyLists.make({ ...machine, carrier, watch: () => watch })
  const fleet = fleets.make({ ...machine, held, isGiven: (place) => given(place), watch: () => watch })
  const handlers = Wires.toLayer({
    HeddlePing: () => Effect.succeed(id),
    HeddleReach: ({ address }) => transport.reach(address, settings),
    HeddleDeliver: (sent) => routes.receive(sent),
    HeddleAwake: ({ actor }) => keys.awake(actor),
    HeddleOrder: (order) => ordering.here(order),
    HeddleKeys: ({ actor }) => keys.listed(actor),
    HeddleReport: ({ isDetailed }) => fleet.report(isDetailed)
  })
  yield* watch.look
  yield* Actor.background(holding.orLeave(held, sweeper, membership, watch.run))
  const built = yield* Effect.mapError(
    Layer.build(
      engine.layer(
        settings,
        Layer.succeed(SqlClient, tables.withSession(sql, machine.connection)),
        machine.prefix,
        handlers
      )
    ),
    (error) => new Excluded(listening.problemOf(settings.listen, error))
  )
  const started = yield* engine.start(built, holding.make({ address, fence, held, membership, sweeper }))
  given = started.isGiven
  yield* Deferred.succeed(running, started)

  return ClusterActor.of({
    Send: (call) => routes.route(call),
    Fence: ({ actor, key }) => routes.fence(actor, key),
    Awake: ({ actor }) => keys.allAwake(actor),
    Order: (order) => ordering.anywhere(order),
    Keys: ({ actor }) => keys.allListed(actor),
    Machines: ({ isDetailed }) => fleet.machines(isDetailed)
  })
})

export default ClusterActor.toLayer(
  Effect.mapError(
    Effect.flatMap(Clock.Clock, (clock) =>
      opened.pipe(
        Effect.provide(engine.serialization),
        // What it uses goes by clocks, and would take a clock that is set for a machine that is silent.
        Effect.provideService(Clock.Clock, new SteadyClock(clock))
      )),
    ({ text }) => new Error(`this machine ${text}`)
  ),
  { concurrency: "unbounded", mailbox: { capacity: 10_000 } }
)
