/**
 * The supervisor's numbers as Prometheus text. Counters count since the system started, over all incarnations.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { ActorStatus, ThreadStatus } from "heddle/System"
import type { Board } from "./board.ts"

type Read<A> = readonly [name: string, type: "gauge" | "counter", help: string, value: (status: A) => number]

const ofThreads: ReadonlyArray<Read<ThreadStatus>> = [
  ["heddle_thread_up", "gauge", "1 while the thread runs.", ({ state }) => Number(state === "running")],
  ["heddle_thread_incarnation", "gauge", "Number of the present incarnation.", ({ incarnation }) => incarnation],
  ["heddle_thread_restarts_total", "counter", "Restarts of the thread.", ({ restarts }) => restarts],
  ["heddle_thread_heap_used_bytes", "gauge", "JavaScript heap in use.", ({ heapUsedBytes }) => heapUsedBytes],
  [
    "heddle_thread_event_loop_utilization_ratio",
    "gauge",
    "Part of the last second in which the event loop was busy.",
    ({ eventLoopUtilization }) => eventLoopUtilization
  ]
]

const ofActors: ReadonlyArray<Read<ActorStatus>> = [
  ["heddle_actor_up", "gauge", "1 while the actor runs.", ({ state }) => Number(state === "running")],
  ["heddle_actor_restarts_total", "counter", "Restarts of the actor.", ({ restarts }) => restarts],
  ["heddle_actor_mailbox_depth", "gauge", "Messages that wait.", ({ mailboxDepth }) => mailboxDepth],
  ["heddle_actor_handled_total", "counter", "Messages whose handler ended.", ({ handled }) => handled],
  ["heddle_actor_failed_total", "counter", "Messages whose handler died.", ({ failed }) => failed]
]

/** Formats a snapshot. */
export const format = (threads: ReadonlyArray<ThreadStatus>): string =>
  [
    ...ofThreads.flatMap((metric) => family(metric, threads.map((status) => [{ thread: status.name }, status]))),
    ...ofActors.flatMap((metric) =>
      family(
        metric,
        threads.flatMap((thread) =>
          thread.actors.map((status) => [{ thread: thread.name, actor: status.name }, status] as const)
        )
      )
    )
  ].join("\n") + "\n"

const family = <A>(
  [name, type, help, value]: Read<A>,
  samples: ReadonlyArray<readonly [labels: Readonly<Record<string, string>>, status: A]>
): ReadonlyArray<string> => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...samples.map(([labels, status]) => `${name}{${show(labels)}} ${value(status)}`)
]

const show = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, escape)}"`).join(",")

const escape = (character: string): string => character === "\n" ? "\\n" : `\\${character}`

/** Serves the numbers at `/metrics`. */
export const routes = (board: Board) =>
  HttpRouter.add(
    "GET",
    "/metrics",
    board.threads.pipe(
      Effect.map((threads) =>
        HttpServerResponse.text(format(threads), { contentType: "text/plain; version=0.0.4; charset=utf-8" })
      ),
      Effect.catch((error) => Effect.succeed(HttpServerResponse.text(`${error.detail}\n`, { status: 503 })))
    )
  )
