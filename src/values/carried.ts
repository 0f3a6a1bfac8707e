/**
 * Values that structured clone carries as they are, and the nodes of a schema that stand for them: an `Any` with a filter and a
 * mark, which says of what kind the values are.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { copyAst } from "./ast.ts"

/**
 * What a node lets through as it is.
 *
 * **Details**
 * - `bytes`: copied, unless they move. `moved`: bytes that shall move. `native`: of a class that structured clone knows. `data`:
 *   plain objects and whatever they hold.
 */
export interface Carried {
  readonly kind: "bytes" | "moved" | "native" | "data"
  /** The class of the value; of mere data there is none. */
  readonly name?: string
}

const key = "~heddle/carried"
const marks = new WeakMap<object, Carried>()

/** What a node carries, if it was made by `carry`. */
export const carriedAs = (ast: SchemaAST.AST): Carried | undefined => {
  const mark: unknown = ast._tag === "Any" ? ast.annotations?.[key] : undefined
  return typeof mark === "object" && mark !== null ? marks.get(mark) : undefined
}

/** A node that lets through what `is` admits. Unlike a declaration it can be compiled with what is around it. */
export const carry = (ast: SchemaAST.AST, carried: Carried, is: (value: unknown) => boolean): SchemaAST.AST => {
  marks.set(carried, carried)
  const { expected = carried.name } = ast.annotations ?? {}
  const guard = Schema.makeFilter(is, typeof expected === "string" ? { expected } : undefined, true)
  return new SchemaAST.Any(
    { ...ast.annotations, [key]: carried },
    [guard, ...(ast.checks ?? [])],
    undefined,
    ast.context
  )
}

/** Whether a value is a `Uint8Array`, a `Buffer` included. */
export const isBytes = (value: unknown): boolean => value instanceof Uint8Array

/** Whether a value is what a declaration describes, its checks apart. */
export const isOf = (ast: SchemaAST.Declaration): (value: unknown) => boolean => {
  const bare: Schema.Codec<unknown, unknown> = Schema.make(copyAst(ast, { checks: undefined, context: undefined }))
  const is = SchemaParser.is(bare)
  return (value) => {
    try {
      return is(value)
    } catch {
      return false
    }
  }
}

/**
 * What a declaration without a codec describes: something that structured clone carries, data of whatever shape, or instances
 * of a class, which can't cross. It takes an example of the first, and asks what it is given for its class if it is the last.
 */
export const described = (ast: SchemaAST.Declaration): Carried | "class" => {
  const is = isOf(ast)
  if (ast.typeParameters.length > 0) return "class"
  if (is({}) || is([])) return { kind: "data" }
  const native = examples().find(([, example]) => is(example))
  if (native !== undefined) return { kind: "native", name: native[0] }
  let asked = false
  is(
    new Proxy({}, {
      getPrototypeOf: () => {
        asked = true
        return null
      }
    })
  )
  return asked ? "class" : { kind: "data" }
}

/** Node's own files have crossed as files for some versions only. */
export const filesClone = (): boolean => structuredClone(new File([], "")) instanceof File

/** The typed arrays that this Node has. */
export const typedArrays = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array
] as const

/** One value of each class that structured clone knows. */
const examples = (): ReadonlyArray<readonly [name: string, example: unknown]> => [
  ["Date", new Date(0)],
  ["RegExp", /./],
  ...typedArrays.map((TypedArray) => [TypedArray.name, new TypedArray(0)] as const),
  ["DataView", new DataView(new ArrayBuffer(0))],
  ["ArrayBuffer", new ArrayBuffer(0)],
  ["SharedArrayBuffer", new SharedArrayBuffer(0)],
  ["Map", new Map()],
  ["Set", new Set()],
  ...(filesClone() ? [["File", new File([], "")] as const] : []),
  ["Blob", new Blob([])]
]
