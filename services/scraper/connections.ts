/**
 * The sockets of the scraper: straight to the servers through the address guard, or through a SOCKS5 proxy.
 */
import { Dispatcher } from "@effect/platform-node/NodeHttpClient"
import {
  Agent,
  buildConnector,
  type Dispatcher as Undici,
  Pool,
  ProxyAgent,
  Socks5ProxyAgent
} from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { setMaxListeners } from "node:events"
import { isExempt, metadataAddresses, namedOrigin, privateAddresses } from "./addresses.ts"
import { ProxyUnreachable } from "./failures.ts"
import type { Settings } from "./settings.ts"

/**
 * Provides undici's dispatcher: connection pools that live as long as the scope, with the limits of connect, first byte
 * and idle time. Ending the scope closes all sockets, those that are still connecting included.
 */
export const layer = (settings: Settings): Layer.Layer<Dispatcher> =>
  Layer.effect(Dispatcher)(
    Effect.acquireRelease(
      Effect.sync(() => open(settings)),
      ({ close }) => Effect.promise(close)
    ).pipe(Effect.map(({ dispatcher }) => dispatcher))
  )

const open = (settings: Settings) => {
  // undici forgets about a socket that connects until it has connected.
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const agent = settings.proxy === undefined
    ? directAgent(settings, closing.signal)
    : proxyAgent(settings, settings.proxy, closing.signal)
  return {
    dispatcher: agent.compose(limits(settings), linewise),
    close: () => {
      closing.abort()
      return agent.destroy()
    }
  }
}

const directAgent = (settings: Settings, signal: AbortSignal) => {
  const common = { timeout: settings.connectMillis, allowH2: false, host: "", port: 0, signal }
  const guarded = buildConnector({ ...common, blockList: privateAddresses })
  const free = buildConnector(common)
  // No setting for all addresses is meant for the keys of the machine: only their own name lets them through.
  const careful = buildConnector({ ...common, blockList: metadataAddresses })
  return new Agent({
    allowH2: false,
    connect: (options, callback) => {
      const secure = options.protocol === "https:"
      const port = options.port || (secure ? "443" : "80")
      const host = options.hostname.includes(":") ? `[${options.hostname}]` : options.hostname
      const origin = `${host}:${port}`
      const connect = namedOrigin(settings, origin) ? free : isExempt(settings, origin) ? careful : guarded
      if (!secure) return connect({ ...options, port }, callback)
      // `tls.connect` takes a blockList and ignores it: the guard holds for plain sockets only, so TLS is put on one.
      return connect({ ...options, port, protocol: "http:" }, (error, httpSocket) => {
        if (error !== null) callback(error, null)
        else free({ ...options, port, httpSocket }, callback)
      })
    }
  })
}

/** The proxy resolves the names. */
const proxyAgent = (settings: Settings, proxy: Redacted.Redacted<URL>, signal: AbortSignal) =>
  Redacted.value(proxy).protocol === "socks5:"
    ? socksAgent(settings, proxy, signal)
    : httpAgent(settings, proxy, signal)

/** Asks an HTTP proxy for the whole address (http), or for a tunnel (https). */
const httpAgent = (settings: Settings, proxy: Redacted.Redacted<URL>, signal: AbortSignal) => {
  const url = Redacted.value(proxy)
  const tls = { timeout: settings.connectMillis, allowH2: false, signal }
  return new ProxyAgent({
    uri: url.href,
    proxyTunnel: false,
    allowH2: false,
    proxyTls: tls,
    requestTls: tls,
    clientFactory: (origin, options) =>
      new Pool(origin, { ...options, ...markedAsProxys(options), headersTimeout: settings.connectMillis }),
    factory: (origin, options) =>
      new Pool(origin, new URL(origin).origin === url.origin ? { ...options, ...markedAsProxys(options) } : options)
  })
}

const markedAsProxys = ({ connect }: Pool.Options): Pool.Options =>
  typeof connect === "function" ? { connect: toProxy(connect) } : {}

/** Tor opens one circuit for each user name. */
const socksAgent = (settings: Settings, proxy: Redacted.Redacted<URL>, signal: AbortSignal) =>
  withoutWarning("SOCKS5 proxy support is experimental", () =>
    new Socks5ProxyAgent(Redacted.value(proxy), {
      connectTimeout: settings.connectMillis,
      connect: toProxy(buildConnector({ timeout: settings.connectMillis, host: "", port: 0, signal }))
    }))

/** Marks a failure to connect as the proxy's: to undici it looks like one of the site. */
const toProxy = (connect: buildConnector.connector): buildConnector.connector => (options, callback) =>
  connect(options, (error, socket) => {
    if (error === null) callback(null, socket)
    else callback(new ProxyUnreachable("the proxy can't be reached", { cause: error }), null)
  })

/**
 * Runs `work` without the warning that begins so: the operator chose the proxy, and the tests are what we rely on. All
 * other warnings pass.
 */
const withoutWarning = <A>(beginning: string, work: () => A): A => {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: Array<unknown>) => {
    if (!String(warning).startsWith(beginning)) Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Sets the limits for each request: Effect's client switches off those of the agent, and the proxy's agent has none. */
const limits = (settings: Settings): Undici.DispatcherComposeInterceptor => (dispatch) => (options, handler) =>
  dispatch({ ...options, headersTimeout: settings.firstByteMillis, bodyTimeout: settings.idleMillis }, handler)

/** Gives headers that came several times line by line, because a comma may be a part of them. */
const linewise: Undici.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStart: (controller, status, headers, text) => {
      const lines = { ...headers }
      for (const name of ["location", "set-cookie", "x-robots-tag"]) {
        const values = lines[name]
        if (Array.isArray(values)) lines[name] = values.join("\n")
      }
      handler.onResponseStart?.(controller, status, lines, text)
    },
    onResponseData: (controller, bytes) => handler.onResponseData?.(controller, bytes),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error)
  })
