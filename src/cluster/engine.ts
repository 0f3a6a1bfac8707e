/**
 * The engine: `effect/cluster`. It divides the places among the machines, hands them over, and finds who holds one.
 *
 * Of its parts, machines' health is our own ([watch.ts](watch.ts)), because its checker runs on one machine only, and messages to
 * actors are our own ([wires.ts](wires.ts)), because it sends a message again that may have run.
 */
import * as Entity from "effect/cluster/Entity"
import * as EntityId from "effect/cluster/EntityId"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerServer from "effect/cluster/RunnerServer"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Socket } from "effect/socket/Socket"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Address } from "../base/address.ts"
import type { Holding } from "./holding.ts"
import type { Settings } from "./settings.ts"
import * as transport from "./transport.ts"
import { Wires } from "./wires.ts"

/** In how many shards the engine divides the places: what it locks and hands over as one. */
const shards = 128

/** All places are in the group that the engine takes if nobody says another one. */
const shardGroup = "default"

/** How soon it is asked again who holds a place, if nobody could say. */
const sendAgainMillis = 50

/** Says who holds a place, and by which lease; the lease is null as long as the holder gets ready. */
export const PlaceEntity = Entity.make("heddle.Place", [
  Rpc.make("Where", { success: Schema.Struct({ address: Schema.String, lease: Schema.NullOr(Schema.String) }) })
])

/** The settings of `effect/cluster`. */
const config = (settings: Settings): Layer.Layer<ShardingConfig.ShardingConfig> =>
  ShardingConfig.layer({
    runnerAddress: Option.some(RunnerAddress.make(settings.address.host, settings.address.port)),
    runnerListenAddress: Option.none(),
    shardsPerGroup: shards,
    simulateRemoteSerialization: false,
    entityMaxIdleTime: "365 days",
    entityMailboxCapacity: "unbounded",
    maxResidentEntities: "unbounded",
    // How soon others notice who has come or gone, and take over.
    refreshAssignmentsInterval: 250,
    entityMessagePollInterval: 250,
    sendRetryInterval: 50,
    // The locks are given back by the end of their session, and by nothing else: who renews them often gives them up under load.
    shardLockRefreshInterval: "10 seconds",
    shardLockExpiration: "35 seconds"
  })

/** Connects the engines of two machines. */
const protocol = ({ secret }: Settings) =>
  Layer.effect(Runners.RpcClientProtocol)(
    Effect.map(RpcSerialization.RpcSerialization, (serialization) =>
      Runners.RpcClientProtocol.of({
        codecFor: serialization.codecFor,
        make: ({ host, port }) =>
          Effect.flatMap(transport.connect({ host, port }, secret), (socket) =>
            RpcClient.makeProtocolSocket().pipe(
              Effect.provideService(Socket, socket),
              Effect.provideService(RpcSerialization.RpcSerialization, serialization)
            ))
      }))
  )

/** How machines write what they say to each other. What one sends that has the key may be as large as it likes. */
export const serialization = RpcSerialization.layerSchemaBinary({ maxFrameSize: "unbounded" })

/** The engine of this machine, which listens for others, and the handlers of what they say to us. */
export const layer = <E, R>(
  settings: Settings,
  sql: Layer.Layer<SqlClient, E>,
  prefix: string,
  handlers: Layer.Layer<Rpc.ToHandler<Rpc.Any>, never, R>
) => {
  const server = RpcServer.layer(Runners.Rpcs.merge(Wires), {
    spanPrefix: "heddle.cluster",
    disableTracing: true,
    disableFatalDefects: true
  }).pipe(Layer.provide([RunnerServer.layerHandlers, handlers]))
  return server.pipe(
    Layer.provideMerge(Sharding.layer),
    Layer.provideMerge(Runners.layerRpc),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provide(transport.server(settings)),
    Layer.provide(protocol(settings)),
    Layer.provide(RunnerHealth.layerNoop),
    Layer.provide(MessageStorage.layerNoop),
    Layer.provideMerge(SqlRunnerStorage.layerWith({ prefix })),
    Layer.provide(config(settings)),
    Layer.provide(serialization),
    Layer.provide(sql)
  )
}

/** The engine, once it knows what to do with the places that it gives to this machine. */
export interface Engine {
  /** Who holds a place; completes when somebody does. */
  readonly where: (place: string) => Effect.Effect<{ readonly address: string; readonly lease: string | null }>
  /** Whether the engine has given a place to this machine. */
  readonly isGiven: (place: string) => boolean
  /** A machine is gone: its places are divided among the others. */
  readonly unregister: (address: Address) => Effect.Effect<void, unknown>
}

/** Has the engine give places to this machine, until the scope closes. */
export const start = Effect.fnUntraced(function*(
  built: Context.Context<Sharding.Sharding | RunnerStorage.RunnerStorage>,
  { address, hold, singletons }: Holding
) {
  const sharding = Context.get(built, Sharding.Sharding)
  const storage = Context.get(built, RunnerStorage.RunnerStorage)
  yield* sharding.registerEntity(
    PlaceEntity,
    Effect.gen(function*() {
      const { entityId } = yield* Entity.CurrentAddress
      const lease = yield* hold(entityId)
      return PlaceEntity.of({ Where: () => Effect.sync(() => ({ address, lease: lease() })) })
    }),
    { concurrency: "unbounded" }
  )
  for (const { place, run } of singletons) yield* sharding.registerSingleton(place, run)
  const client = yield* sharding.makeClient(PlaceEntity)
  return {
    where: (place) =>
      Effect.retry(client(place).Where(), { schedule: Schedule.spaced(sendAgainMillis) }).pipe(Effect.orDie),
    isGiven: (place) => sharding.hasShardId(sharding.getShardId(EntityId.make(place), shardGroup)),
    unregister: ({ host, port }) => storage.unregister(RunnerAddress.make(host, port))
  } satisfies Engine
})
