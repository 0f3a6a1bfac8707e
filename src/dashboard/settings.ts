/**
 * Where the server listens and who may use it: as the options say, or else the environment.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { isIPv4 } from "node:net"
import { hostname } from "node:os"
import type { Options } from "./actor.ts"
import { parseProxies, type Proxies } from "./clients.ts"

/** The server's settings, checked: see `Options`. */
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

/** Reads what the options leave out from the environment. */
const raw = (options: Options) =>
  Config.all({
    host: options.host === undefined ? Config.withDefault(Config.String("HOST"), "127.0.0.1") : given(options.host),
    port: options.port === undefined ? Config.withDefault(Config.String("PORT"), "3000") : given(String(options.port)),
    token: options.token === undefined
      ? Config.option(Config.Redacted("HEDDLE_TOKEN"))
      : given(Option.some(options.token)),
    hosts: options.hosts === undefined ? list("HEDDLE_HOSTS") : given(options.hosts),
    proxies: options.proxies === undefined ? list("HEDDLE_PROXIES") : given(options.proxies)
  })

const given = <A>(value: A): Config.Config<A> => Config.succeed(value)

const list = (name: string): Config.Config<ReadonlyArray<string>> =>
  Config.map(Config.withDefault(Config.String(name), ""), (text) => text.split(","))

/** Reads and checks the settings. */
export const read = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Settings, InvalidSettings | Config.ConfigError> {
  const given = yield* raw(options)
  const port = Number(given.port)
  if (!/^\d+$/.test(given.port) || port > 65_535) {
    return yield* refuse(`PORT=${given.port} is not a port; take a number from 1 to 65535, or 0 for any free port`)
  }
  const token = Option.getOrUndefined(Option.filter(given.token, (token) => Redacted.value(token) !== ""))
  if (!isLoopback(given.host) && token === undefined) {
    return yield* refuse(
      `HOST=${given.host} can be reached from other machines, so a token is needed: set HEDDLE_TOKEN to a long random ` +
        `text (openssl rand -hex 32), or leave HOST out to serve this machine only`
    )
  }
  const proxies = parseProxies(listed(given.proxies))
  if ("faulty" in proxies) {
    return yield* refuse(
      `HEDDLE_PROXIES: "${proxies.faulty}" is neither an address nor a network; write 127.0.0.1 or 10.0.0.0/8, ` +
        "separated by commas"
    )
  }
  const own = isLoopback(given.host) ? [] : [hostname().toLowerCase()]
  const hosts = [given.host.toLowerCase(), ...own, ...listed(given.hosts)]
  return { host: given.host, port, token, hosts, proxies }
})

const listed = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name) => name.trim().toLowerCase()).filter((name) => name !== "")

/** Says whether only this machine can reach the interface. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."))

const refuse = (problem: string) => Effect.fail(new InvalidSettings({ problem }))
