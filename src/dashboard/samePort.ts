/**
 * Where any port will do, a server that comes back comes back where it was: its clients need not look for it.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Actor from "../Actor.ts"

/**
 * Opens an actor's server on `port`; when that is 0, on the port of the actor's last incarnation if it is still free. So its
 * clients find it where it was.
 *
 * **Gotchas**
 * - The port is what the actor keeps (`Actor.kept`), so it can keep nothing else.
 *
 * **Example**
 *
 * ```ts
 * const server = yield* Dashboard.listenAgain(0, open, (server) => server.port)
 * ```
 *
 * @since 0.1.0
 * @category servers
 */
export const listenAgain = Effect.fnUntraced(function*<A, E, R>(
  port: number,
  listen: (port: number) => Effect.Effect<A, E, R>,
  portOf: (server: A) => number
) {
  const last = yield* Actor.kept(Schema.Port)
  const server = yield* port === 0 && Option.isSome(last.previous)
    ? Effect.catch(listen(last.previous.value), () => listen(port))
    : listen(port)
  yield* last.set(portOf(server))
  return server
})
