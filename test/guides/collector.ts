/** A collector of OpenTelemetry data that keeps the spans it gets. */
import * as Schema from "effect/Schema"
import { once } from "node:events"
import { createServer } from "node:http"
import { json } from "node:stream/consumers"

const Span = Schema.Struct({
  name: Schema.String,
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String)
})
const Traces = Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) }))
})
const decode = Schema.decodeUnknownSync(Traces)

/** Listens on a free port of loopback, until it is disposed of. */
export const collecting = async () => {
  const spans: Array<typeof Span.Type> = []
  const server = createServer(async (request, response) => {
    const body = await json(request)
    if (request.url === "/v1/traces") {
      for (const { scopeSpans } of decode(body).resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans)
      }
    }
    response.setHeader("content-type", "application/json").end("{}")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    spans: () => spans,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    }
  }
}
