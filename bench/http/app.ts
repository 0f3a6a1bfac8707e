/** A small Effect web app, which knows nothing of where it runs. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createServer } from "node:http"

const routes = HttpRouter.add("GET", "/hello", Effect.sync(() => HttpServerResponse.jsonUnsafe({ hello: "world" })))

/** Serves on a free port for as long as the scope lives, and gives the port. */
export const serve = Effect.gen(function*() {
  const server = yield* NodeHttpServer.make(() => createServer(), { host: "127.0.0.1", port: 0 })
  yield* server.serve(yield* HttpRouter.toHttpEffect(routes))
  return "port" in server.address ? server.address.port : 0
})
