/**
 * What a protocol is, in a few characters: two sides that agree on them understand each other's messages.
 *
 * ```text
 *   Hello=1k2j9x0a3f
 *   Ticks=8c01mz2u4q      one line a message, by tag: a hash of the shapes of its payload, its success and its error
 * ```
 *
 * A shape is what a schema's tree says of values: field names, what is optional, literals, types, the names of refinements
 * and classes. It says nothing of functions, descriptions and defaults, so it is the same in every process.
 */
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcSchema from "effect/rpc/RpcSchema"
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

type Requests = ReadonlyMap<string, Rpc.Any>

const digests = new WeakMap<Requests, string>()
const hashes = new WeakMap<SchemaAST.AST, string>()

/** The messages of a protocol in the order that all sides agree on, whatever order they are declared in. */
export const inOrder = (requests: Requests): ReadonlyArray<Rpc.Any> =>
  Array.from(requests.values()).sort((a, b) => a._tag < b._tag ? -1 : a._tag > b._tag ? 1 : 0)

/** What stands for the key of a keyed actor where the messages have their tags: no message of such an actor may be called so. */
const keyTag = "heddle.key"

/** Describes a protocol, and the schema of the keys if the actor is keyed. */
export const digestOf = (requests: Requests, key?: Schema.Top): string =>
  key === undefined ? messagesOf(requests) : `${messagesOf(requests)}\n${keyTag}=${hashOf(key.ast)}`

/** Describes the messages of a protocol, once for each. */
const messagesOf = (requests: Requests): string => {
  const known = digests.get(requests)
  if (known !== undefined) return known
  const digest = inOrder(requests).map((rpc) => `${rpc._tag}=${messageOf(rpc)}`).join("\n")
  digests.set(requests, digest)
  return digest
}

/** Says in what the protocol here is another than the agreed one. */
export const difference = (agreed: string, here: string): string => {
  const { added, changed, missing } = compare(agreed, here)
  return [...missing, ...added, ...changed].join(", ")
}

/**
 * Says why two protocols don't go together; empty if they do: then one may have messages that the other doesn't have, and what both have
 * is the same.
 */
export const conflict = (agreed: string, here: string): string => compare(agreed, here).changed.join(", ")

const compare = (agreed: string, here: string) => {
  const [then, now] = [linesOf(agreed), linesOf(here)]
  const isKey = (tag: string): boolean => tag === keyTag
  const missing = Array.from(then.keys()).filter((tag) => !now.has(tag))
  const added = Array.from(now.keys()).filter((tag) => !then.has(tag))
  const changed = Array.from(now.keys()).filter((tag) => then.has(tag) && then.get(tag) !== now.get(tag))
  return {
    missing: missing.filter((tag) => !isKey(tag)).map((tag) => `${tag} is missing`),
    added: added.filter((tag) => !isKey(tag)).map((tag) => `${tag} is new`),
    changed: [
      ...missing.filter(isKey).map(() => "it has no keys"),
      ...added.filter(isKey).map(() => "it has keys"),
      ...changed.map((tag) => isKey(tag) ? "its key has another schema" : `${tag} has other schemas`)
    ]
  }
}

/** The hash of each message, by tag. */
const linesOf = (digest: string): ReadonlyMap<string, string> =>
  new Map(
    digest.split("\n").map((line) => {
      const at = line.lastIndexOf("=")
      return [line.slice(0, at), line.slice(at + 1)]
    })
  )

const hasSchemas = (rpc: Rpc.Any): rpc is Rpc.AnyWithProps => "payloadSchema" in rpc

/** The hash of a message: of the shapes of its payload, its answer and its errors, and the names of its middleware. */
const messageOf = (rpc: Rpc.Any): string => {
  if (!hasSchemas(rpc)) return ""
  const { errorSchema, middlewares, payloadSchema, successSchema } = rpc
  const stream = RpcSchema.isStreamSchema(successSchema)
  const answers: ReadonlyArray<Schema.Top> = stream ? [successSchema.success, successSchema.error] : [successSchema]
  const schemas = [payloadSchema, errorSchema, ...answers].map(({ ast }) => hashOf(ast))
  return hash([stream, ...schemas, ...Array.from(middlewares, ({ key }) => key)].join())
}

/** The hash of a schema, once for each node. */
const hashOf = (ast: SchemaAST.AST): string => {
  const known = hashes.get(ast)
  if (known !== undefined) return known
  const made = hash(shapeOf(ast))
  hashes.set(ast, made)
  return made
}

/** The most nodes of a schema that are looked at, and the deepest: a schema may make new ones without end. */
const mostNodes = 10_000
const deepest = 100

/** What a schema's tree says of values, as a text. A node that is met inside itself is a number of levels up. */
const shapeOf = (root: SchemaAST.AST): string => {
  const path: Array<SchemaAST.AST> = []
  let left = mostNodes
  const all = (asts: ReadonlyArray<SchemaAST.AST>): string => asts.map(shape).join()
  const checks = (of: SchemaAST.Checks | undefined): string =>
    (of ?? []).map((check): string => {
      const name = nameOf(check.annotations)
      return check._tag === "Filter" ? `&${name}` : `&${name}(${checks(check.checks)})`
    }).join("")
  const inside = (ast: SchemaAST.AST): string => {
    switch (ast._tag) {
      case "Declaration":
        return `${nameOf(ast.annotations)}<${all(ast.typeParameters)}>`
      case "Literal":
        return `${typeof ast.literal} ${JSON.stringify(String(ast.literal))}`
      case "UniqueSymbol":
        return String(ast.symbol)
      case "Enum":
        return JSON.stringify(ast.enums)
      case "TemplateLiteral":
        return all(ast.parts)
      case "Arrays":
        return `[${all(ast.elements)}...${all(ast.rest)}]`
      case "Objects": {
        const fields = ast.propertySignatures.map(({ name, type }) => `${JSON.stringify(String(name))}:${shape(type)}`)
        const others = ast.indexSignatures.map(({ parameter, type }) => `[${shape(parameter)}]:${shape(type)}`)
        return `{${[...fields.toSorted(), ...others].join()}}`
      }
      case "Union":
        return `(${ast.types.map(shape).join("|")})`
      case "Suspend":
        return suspended(ast)
      default:
        return ""
    }
  }
  const suspended = (ast: SchemaAST.Suspend): string => {
    try {
      return shape(ast.thunk())
    } catch {
      return "!"
    }
  }
  const shape = (ast: SchemaAST.AST): string => {
    const at = path.lastIndexOf(ast)
    if (at >= 0) return `^${path.length - at}`
    if (left-- <= 0 || path.length >= deepest) return "~"
    path.push(ast)
    const optional = ast.context?.isOptional === true ? "?" : ""
    const encoding = (ast.encoding ?? []).map(({ to }) => `->${shape(to)}`).join("")
    const text = `${ast._tag}${optional}${inside(ast)}${checks(ast.checks)}${encoding}`
    path.pop()
    return text
  }
  return shape(root)
}

/** By what a refinement, a declared type or a class is known; the names are Effect's, or the user's own. */
const nameOf = (annotations: Schema.Annotations.Annotations | undefined): string => {
  const representation = annotations?.["representation"]
  if (typeof representation === "object" && representation !== null && "id" in representation) {
    return String(representation.id)
  }
  return String(annotations?.["identifier"] ?? annotations?.["~identifier"] ?? annotations?.["title"] ?? "")
}

/** 53 bits of a text (cyrb53): enough to tell two versions of a protocol apart, and nobody attacks himself. */
const hash = (text: string): string => {
  let [h1, h2] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    h1 = Math.imul(h1 ^ code, 2654435761)
    h2 = Math.imul(h2 ^ code, 1597334677)
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909)
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909)
  return (4294967296 * (2097151 & h2) + (h1 >>> 0)).toString(36)
}
