/**
 * The OpenAPI document: what Effect makes of the control API, with what the rest of the server adds to it: the token, the
 * refusals that every request may meet, and the paths that are no part of the control API.
 */
import * as OpenApi from "effect/http-api/OpenApi"
import { ControlApi } from "./controlApi.ts"
import type { Panel } from "./panel.ts"
import type { Addresses } from "./security.ts"

type Operation = OpenApi.OpenAPISpecOperation
type Response = OpenApi.OpenApiSpecResponse

const text = (description: string): Response => ({
  description,
  content: { "text/plain": { schema: { type: "string" } } }
})

/** What every request may be answered with, health aside. */
const refusals: OpenApi.OpenAPISpecResponses = {
  401: text("The token is missing or wrong."),
  403: text("The request comes from a page of another site."),
  421: text("The server does not go by this name; see HEDDLE_HOSTS."),
  429: text("Too many wrong tokens came from this address; `Retry-After` says how long to wait.")
}

const ofBodies: OpenApi.OpenAPISpecResponses = {
  400: text("The body does not fit its schema; the answer says where."),
  413: text("The body is larger than 64 KB.")
}

/** The token, which a server that listens on loopback only may do without. */
const security: Array<OpenApi.OpenAPISecurityRequirement> = [{}, { bearer: [] }]

const guarded = (operation: Operation): Operation => ({
  ...operation,
  security,
  responses: { ...operation.responses, ...(operation.requestBody === undefined ? {} : ofBodies), ...refusals }
})

const get = (
  tag: string,
  operationId: string,
  summary: string,
  description: string,
  responses: OpenApi.OpenAPISpecResponses
): Operation => ({ tags: [tag], operationId, summary, description, parameters: [], security: [], responses })

const check = { type: "object", properties: { status: { type: "string" }, checks: { type: "array", items: {} } } }
const health = (description: string): Response => ({
  description,
  content: { "text/plain": { schema: { type: "string" } }, "application/json": { schema: check } }
})

const healthPath = (path: string, summary: string, description: string): OpenApi.OpenAPISpecPathItem => ({
  get: get("health", `health.${path.slice(1).replace("/", ".")}`, summary, description, {
    200: health("Yes."),
    503: health("No; the body says why.")
  })
})

/** A file for DevTools about a thread. */
const file = (id: string, summary: string, description: string, parameters: Operation["parameters"]): Operation =>
  guarded({
    ...get("threads", id, summary, description, {
      200: { description: "The file.", content: { "application/json": { schema: { type: "object" } } } },
      404: text("There is no such thread."),
      409: text("The thread does not run, or does not answer.")
    }),
    parameters: [{ name: "name", in: "path", schema: { type: "string" }, required: true }, ...parameters]
  })

/** The addresses that are not made by the control API. */
const more: OpenApi.OpenAPISpecPaths = {
  "/api/threads/{name}/profile": {
    get: file(
      "threads.profile",
      "Profile a thread",
      "What its processor time goes into from now on; also while it hangs.",
      [
        { name: "seconds", in: "query", schema: { type: "number" }, required: false }
      ]
    )
  },
  "/api/threads/{name}/heap": {
    get: file("threads.heap", "Take a thread's heap", "A snapshot; the thread stands still meanwhile.", [])
  },
  "/livez": {
    get: get("health", "health.livez", "Is the server alive?", "Answers as long as this thread's event loop runs.", {
      200: health("Yes.")
    })
  },
  "/readyz": healthPath(
    "/readyz",
    "Is the system ready?",
    "Whether every thread and actor runs and answers. `?verbose` lists each check; `Accept: application/json` gives JSON."
  ),
  "/healthz": healthPath("/healthz", "Is the system ready?", "The same as /readyz."),
  "/metrics": {
    get: guarded(
      get(
        "metrics",
        "metrics.read",
        "Metrics",
        "The metrics of all threads, for Prometheus; those of all machines with `?machines=all`.",
        {
          200: text("Prometheus text, version 0.0.4."),
          503: text("The supervisor did not answer in time.")
        }
      )
    )
  },
  "/api/events": {
    get: guarded(get(
      "threads",
      "threads.events",
      "Watch live",
      "Server-sent events: one `snapshot`, then a `delta` with the threads that changed and new lines, four " +
        "times a second at most.",
      {
        200: {
          description: "Events, without end.",
          content: { "text/event-stream": { schema: { type: "string" } } }
        },
        503: text("Too many pages are open.")
      }
    ))
  },
  "/api/logs": {
    get: guarded(
      get(
        "threads",
        "threads.logs",
        "Read the log",
        "Server-sent events: the records that are kept, then those to come.",
        {
          200: {
            description: "Events `lines`, each a list of records, without end.",
            content: { "text/event-stream": { schema: { type: "string" } } }
          },
          503: text("Too many pages read it.")
        }
      )
    )
  },
  "/api/openapi.json": {
    get: guarded(get("threads", "openapi", "This document", "This document.", {
      200: { description: "OpenAPI 3.1.", content: { "application/json": { schema: { type: "object" } } } }
    }))
  }
}

const groups: Readonly<Record<string, string>> = {
  threads: "The threads of the system: what they are, and orders to them.",
  actors: "The actors of the system, and messages to them.",
  letters: "Durable messages whose retries are spent.",
  health: "Health for probes: open to everybody, without a token.",
  metrics: "Numbers for Prometheus."
}

const pathsOf = (paths: OpenApi.OpenAPISpecPaths): OpenApi.OpenAPISpecPaths =>
  Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [path, {
      ...item,
      ...(item.get === undefined ? {} : { get: guarded(item.get) }),
      ...(item.post === undefined ? {} : { post: guarded(item.post) })
    }])
  )

const made: OpenApi.OpenAPISpec = OpenApi.fromApi(ControlApi)

/** The document that `/api/openapi.json` serves. */
export const document = (panels: ReadonlyArray<Panel>): OpenApi.OpenAPISpec => {
  const documents = panels.flatMap(({ document }) => document ?? [])
  const addresses = panels.flatMap(({ health = {} }) => Object.keys(health)).map((name) => `/health/${name}`)
  return {
    ...made,
    servers: [{ url: "/", description: "The server that this document comes from." }],
    security,
    tags: [
      ...Object.entries(groups).map(([name, description]) => ({ name, description })),
      ...documents.flatMap(({ tags }) => tags)
    ],
    paths: {
      ...pathsOf(made.paths),
      ...Object.assign({}, ...documents.map(({ paths }) => pathsOf(paths))),
      ...more,
      ...Object.fromEntries(
        addresses.map((path) => [path, healthPath(path, "Is this part well?", "What the program checks of itself.")])
      )
    },
    components: {
      schemas: Object.assign({}, made.components.schemas, ...documents.map(({ components }) => components.schemas)),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The value of HEDDLE_TOKEN, if the server has one." }
      }
    }
  }
}

const methods = ["get", "post"] as const

/** What the guard has to know of the addresses that the document lists, and of the files. */
export const addressesOf = ({ paths }: OpenApi.OpenAPISpec, files: ReadonlySet<string>): Addresses => {
  const patterns = Object.entries(paths).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{[^}]*\}/g, "[^/]+")}$`),
    allowed: methods.filter((method) => item[method] !== undefined)
  }))
  return {
    files,
    allowed: (path) => {
      const known = files.has(path) ? ["get"] : patterns.find(({ pattern }) => pattern.test(path))?.allowed ?? []
      return known.flatMap((method) => method === "get" ? ["GET", "HEAD"] : ["POST"])
    }
  }
}
