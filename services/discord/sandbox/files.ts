/** Files that came with messages: read from a request, kept, and served again. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Draft } from "./messageBody.ts"
import * as replies from "./replies.ts"
import type { Snowflakes } from "./snowflakes.ts"

/** Discord's limit for a file, and the sandbox's for all that it keeps. */
export const maxFileBytes = 10 << 20
const maxKeptBytes = 128 << 20

/** A file of a request. `index` is the number in its field's name: `files[0]`. */
export interface Upload {
  readonly index: string
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

/** A body: its JSON, as text, and its files. */
export interface Body {
  readonly json: string
  readonly files: ReadonlyArray<Upload>
}

export const isMultipart = (contentType: string | undefined): boolean =>
  contentType?.startsWith("multipart/form-data") === true

/** Reads a body of `multipart/form-data`: JSON in `payload_json`, files in `files[0]`, `files[1]`, … None if it is none. */
export const readMultipart = (
  contentType: string,
  bytes: Uint8Array<ArrayBuffer>
): Effect.Effect<Option.Option<Body>> =>
  Effect.gen(function*() {
    const form = yield* Effect.tryPromise(() =>
      new Response(bytes, { headers: { "content-type": contentType } }).formData()
    )
    const files: Array<Upload> = []
    const fields: Record<string, string> = {}
    for (const [key, value] of form) {
      if (typeof value === "string") fields[key] = value
      else {
        files.push({
          index: /\d+/.exec(key)?.[0] ?? "0",
          name: safeName(value.name),
          type: value.type === "" ? "application/octet-stream" : value.type,
          bytes: new Uint8Array(yield* Effect.promise(() => value.arrayBuffer()))
        })
      }
    }
    const { payload_json, ...others } = fields
    return { json: payload_json ?? JSON.stringify(others), files }
  }).pipe(Effect.option)

/** A name that is safe in a path and in a header. */
export const safeName = (name: string): string => name.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 100) || "file"

/** An attachment as Discord writes it. */
export interface Attachment {
  readonly id: string
  readonly filename: string
  readonly size: number
  readonly url: string
  readonly proxy_url: string
  readonly content_type: string
  readonly description?: string
}

interface Kept {
  readonly type: string
  readonly bytes: Uint8Array
}

/** The files of messages, by the path of their address. The oldest are forgotten when they are too many. */
export class Files {
  readonly #snowflakes: Snowflakes
  readonly #byPath = new Map<string, Kept>()
  #bytes = 0
  /** The sandbox's address: known once the server listens. */
  url = ""

  constructor(snowflakes: Snowflakes) {
    this.#snowflakes = snowflakes
  }

  /** The attachments of a message: those of `had` that the draft names, or all if it names none, and the files. */
  attach(
    channelId: string,
    { attachments: named }: Pick<Draft, "attachments">,
    uploads: ReadonlyArray<Upload>,
    had: ReadonlyArray<Attachment> = []
  ): ReadonlyArray<Attachment> {
    const stay = named === undefined ? had : had.filter(({ id }) => named.some((of) => String(of.id) === id))
    const made = uploads.map((file) => {
      const of = named?.find(({ id }) => String(id) === file.index)
      const renamed = of?.filename === undefined ? file : { ...file, name: safeName(of.filename) }
      return this.#keep(channelId, renamed, of?.description)
    })
    return [...stay, ...made]
  }

  #keep(channelId: string, file: Upload, description?: string | null): Attachment {
    const id = this.#snowflakes.next()
    const path = `/attachments/${channelId}/${id}/${file.name}`
    this.#byPath.set(path, file)
    this.#bytes += file.bytes.length
    for (const [old, { bytes }] of this.#byPath) {
      if (this.#bytes <= maxKeptBytes) break
      this.#byPath.delete(old)
      this.#bytes -= bytes.length
    }
    const url = this.url + path.split("/").map(encodeURIComponent).join("/")
    return {
      id,
      filename: file.name,
      size: file.bytes.length,
      url,
      proxy_url: url,
      content_type: file.type,
      ...(description === undefined || description === null ? {} : { description })
    }
  }

  /** The file at a path, as an answer. Anything but an image is to be downloaded, so that no page can run. */
  serve(path: string): replies.Reply {
    const file = this.#byPath.get(path)
    if (file === undefined) return replies.noRoute
    return {
      status: 200,
      bytes: file.bytes,
      headers: {
        "content-type": file.type,
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        ...(shownInPages.has(file.type) ? {} : { "content-disposition": "attachment" })
      }
    }
  }
}

const shownInPages: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"])
