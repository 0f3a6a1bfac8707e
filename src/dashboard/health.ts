/**
 * Health for probes: open to everybody, answered at once whatever the other threads do.
 *
 * ```text
 * /livez            this thread's event loop runs
 * /readyz /healthz  every thread and actor runs and answers; else 503 with the reasons
 * /health/NAME      what the panels check; else 503 with the reasons
 * ```
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type { Board } from "./board.ts"
import type { Check } from "./panel.ts"
import * as readiness from "./readiness.ts"

/** The system's readiness now. */
export const ready = (board: Board): Effect.Effect<ReadonlyArray<Check>> =>
  board.threads.pipe(
    Effect.catch((error) => Effect.succeed(error.detail)),
    Effect.map((threads) =>
      readiness.checks({
        threads,
        others: board.panels.flatMap(({ checks }) => checks?.() ?? []),
        stopping: board.stopping()
      })
    )
  )

/** Answers plain or as JSON by `Accept`; `?verbose` lists every check as Kubernetes does. */
const answer = (checks: ReadonlyArray<Check>, more: object = {}) =>
  Effect.map(HttpServerRequest, (request) => {
    const failed = checks.filter(({ ok }) => !ok)
    const status = failed.length === 0 ? 200 : 503
    if (/\bapplication\/json\b/.test(request.headers["accept"] ?? "")) {
      return HttpServerResponse.jsonUnsafe(
        { status: status === 200 ? "ok" : "unavailable", checks, ...more },
        { status }
      )
    }
    const verbose = new URLSearchParams(request.url.split("?", 2)[1] ?? "").has("verbose")
    const lines = verbose
      ? [...checks.map((check) => `[${check.ok ? "+" : "-"}] ${check.name}: ${check.detail}`), verdict(status)]
      : status === 200
      ? ["ok"]
      : failed.map((check) => `${check.name}: ${check.detail}`)
    return HttpServerResponse.text(`${lines.join("\n")}\n`, {
      status,
      headers: { "content-type": "text/plain; charset=utf-8" }
    })
  })

const verdict = (status: 200 | 503): string => status === 200 ? "ready" : "not ready"

/** The health routes. */
export const routes = (board: Board) => {
  const readyz = Effect.flatMap(ready(board), (checks) => answer(checks))
  const addresses = board.panels.flatMap(({ health = {} }) => Object.entries(health))
  return Layer.mergeAll(
    HttpRouter.add("GET", "/livez", answer([])),
    HttpRouter.add("GET", "/readyz", readyz),
    HttpRouter.add("GET", "/healthz", readyz),
    ...addresses.map(([name, health]) =>
      HttpRouter.add("GET", `/health/${name}`, Effect.flatMap(health, ({ checks, more }) => answer(checks, more)))
    )
  )
}
