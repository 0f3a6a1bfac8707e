import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcServer from "effect/rpc/RpcServer"
import { Echoes } from "./effectRpcProtocol.ts"

const server = RpcServer.layer(Echoes).pipe(
  Layer.provide(Echoes.toLayer({ Echo: (message) => Effect.succeed(message) })),
  Layer.provide(RpcServer.layerProtocolWorkerRunner),
  Layer.provide(NodeWorkerRunner.layer)
)
Effect.runFork(Layer.launch(server))
