/**
 * What the operator sets by environment: where the server listens and who may use it.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { hostname } from "node:os"
import { parseProxies, type Proxies } from "./clients.ts"

/**
 * The server's settings.
 *
 * **Details**
 * - `HOST`: the interface to listen on. Default `127.0.0.1`.
 * - `PORT`: default 3000; 0 takes any free port.
 * - `HEDDLE_TOKEN`: the bearer token that `/api` and `/metrics` ask for. Default none; needed on any interface but
 *   loopback.
 * - `HEDDLE_HOSTS`: further names under which browsers may reach the server (`ops.example.com,heddle.lan`). Default none.
 * - `HEDDLE_PROXIES`: addresses and networks of the proxies in front of the server (`127.0.0.1,10.0.0.0/8`), whose
 *   `X-Forwarded-For` names the client. Default none.
 */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly token: Redacted.Redacted | undefined
  readonly hosts: ReadonlyArray<string>
  readonly proxies: Proxies
}

/** The settings can't be used; the server did not start. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }
}

const raw = Config.all({
  host: Config.String("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.String("PORT").pipe(Config.withDefault("3000")),
  token: Config.option(Config.Redacted("HEDDLE_TOKEN")),
  hosts: Config.String("HEDDLE_HOSTS").pipe(Config.withDefault("")),
  proxies: Config.String("HEDDLE_PROXIES").pipe(Config.withDefault(""))
})

/** Reads and checks the settings. */
export const read: Effect.Effect<Settings, InvalidSettings | Config.ConfigError> = Effect.flatMap(raw, (given) => {
  const port = Number(given.port)
  if (!/^\d+$/.test(given.port) || port > 65_535) {
    return refuse(`PORT=${given.port} is not a port; take a number from 1 to 65535, or 0 for any free port`)
  }
  const token = Option.getOrUndefined(Option.filter(given.token, (token) => Redacted.value(token) !== ""))
  if (!isLoopback(given.host) && token === undefined) {
    return refuse(
      `HOST=${given.host} can be reached from other machines, so a token is needed: set HEDDLE_TOKEN to a long random ` +
        `text (openssl rand -hex 32), or leave HOST out to serve this machine only`
    )
  }
  const proxies = parseProxies(listed(given.proxies))
  if ("faulty" in proxies) {
    return refuse(
      `HEDDLE_PROXIES: "${proxies.faulty}" is neither an address nor a network; write 127.0.0.1 or 10.0.0.0/8, ` +
        "separated by commas"
    )
  }
  const own = isLoopback(given.host) ? [] : [hostname().toLowerCase()]
  const hosts = [given.host.toLowerCase(), ...own, ...listed(given.hosts)]
  return Effect.succeed({ host: given.host, port, token, hosts, proxies })
})

const listed = (text: string): ReadonlyArray<string> =>
  text.split(",").map((name) => name.trim().toLowerCase()).filter((name) => name !== "")

/** Says whether only this machine can reach the interface. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)

const refuse = (problem: string) => Effect.fail(new InvalidSettings({ problem }))
