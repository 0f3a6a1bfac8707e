/**
 * Derives how the values of a schema cross by structured clone.
 *
 * ```text
 *   a schema                     its clonable form            what becomes of its values
 *   Struct, Array, Union, ...    the same, part by part       rebuilt
 *   Number, BigInt, Undefined    as it is                     as they are: NaN, -0, undefined
 *   Date, RegExp, typed arrays   as it is                     copied
 *   Map, Set                     the same, of clonable forms  rebuilt
 *   Unknown, Any                 as it is                     copied, and looked through
 *   Option, a class, URL, ...    its codec, recursively       encoded, and decoded on arrival
 *   instanceOf(a user's class)   none: refused                such a message can't be defined
 * ```
 *
 * What stays as it is has its own schema on both sides, so its checks run where a value arrives, too.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Transferable from "effect/workers/Transferable"
import { childrenOf, copyAst, encodeTo, inContextOf, mapOrSame, replaceLast } from "./ast.ts"
import { carry, isBytes } from "./carried.ts"
import { at, deriveDeclaration, type Recur } from "./declarations.ts"
import { NotClonable } from "./notClonable.ts"
import { overlap, referred } from "./overlap.ts"

/** Who sees to it that the bytes of `Transferable.Uint8Array` move: who encodes them, or the schema by an effect. */
export type Mover = "encoder" | "effect"

const derived: { readonly [mover in Mover]: WeakMap<SchemaAST.AST, SchemaAST.AST> } = {
  encoder: new WeakMap(),
  effect: new WeakMap()
}

/**
 * The schema whose encoded side can be cloned.
 *
 * **Details**
 * - It is derived once for each node and `mover`. A schema that can be cloned as it is, is returned as it is.
 * - Throws `NotClonable`, which names the part that can't be.
 */
export const derive = (ast: SchemaAST.AST, mover: Mover): SchemaAST.AST => {
  const known = derived[mover].get(ast)
  if (known !== undefined) return known
  const recur: Recur = (child) => derive(child, mover)
  const made = mover === "encoder" && isMovingBytes(ast)
    ? carry(ast, { kind: "moved", name: "Uint8Array" }, isBytes)
    : ast.encoding === undefined
    ? deriveBody(ast, recur)
    : deriveEncoded(ast, ast.encoding, recur)
  derived[mover].set(ast, made)
  return made
}

/**
 * Looks for parts of a schema that can't cross, also where it refers to itself. What it refers to may not be there yet, when
 * the module that defines it is still being loaded.
 */
export const check = (ast: SchemaAST.AST): void => {
  const seen = new Set<SchemaAST.AST>()
  const visit = (ast: SchemaAST.AST): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    for (const { to } of ast.encoding ?? []) visit(to)
    for (const child of childrenUnlessAbsent(ast)) visit(child)
  }
  visit(derive(ast, "encoder"))
}

/** The parts of a node; none if they are not there yet. */
const childrenUnlessAbsent = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  try {
    return childrenOf(ast)
  } catch (error) {
    if (error instanceof NotClonable) throw error
    return []
  }
}

const movingTransformation = Transferable.Uint8Array.ast.encoding?.[0].transformation

/** `Transferable.Uint8Array` says by an effect what moves, which costs as much as all else of a message. */
const isMovingBytes = (ast: SchemaAST.AST): boolean =>
  ast.encoding?.length === 1 && ast.checks === undefined && ast.encoding[0].transformation === movingTransformation

/** A schema's own codec is kept; what it leads to has to be clonable. */
const deriveEncoded = (ast: SchemaAST.AST, encoding: SchemaAST.Encoding, recur: Recur): SchemaAST.AST => {
  const last = encoding[encoding.length - 1] ?? encoding[0]
  const to = recur(last.to)
  if (to === last.to) return ast
  return copyAst<SchemaAST.AST>(ast, { encoding: replaceLast(encoding, new SchemaAST.Link(to, last.transformation)) })
}

/** The clonable form of a node that has no encoding. */
const deriveBody = (ast: SchemaAST.AST, recur: Recur): SchemaAST.AST => {
  switch (ast._tag) {
    case "Declaration":
      return deriveDeclaration(ast, recur)
    case "Symbol":
      return deriveSymbol(ast)
    case "UniqueSymbol":
      return deriveUniqueSymbol(ast)
    case "Arrays":
      return deriveArrays(ast, recur)
    case "Objects":
      return deriveObjects(ast, recur)
    case "Union":
      return deriveUnion(ast, recur)
    case "Suspend":
      return new SchemaAST.Suspend(() => recur(ast.thunk()), ast.annotations, undefined, undefined, ast.context)
    default:
      return ast
  }
}

const symbolEncoding = Schema.toCodecJson(Schema.Symbol).ast.encoding?.[0]

/** A registered symbol crosses by its key; any other is refused when it is sent. */
const deriveSymbol = (ast: SchemaAST.Symbol): SchemaAST.AST =>
  symbolEncoding === undefined
    ? ast
    : encodeTo(ast, inContextOf(ast, symbolEncoding.to), symbolEncoding.transformation)

/** One certain symbol is its own on each side. */
const deriveUniqueSymbol = (ast: SchemaAST.UniqueSymbol): SchemaAST.AST => {
  const name = String(ast.symbol)
  const transformation = SchemaTransformation.transform({ decode: () => ast.symbol, encode: () => name })
  return encodeTo(ast, inContextOf(ast, new SchemaAST.Literal(name)), transformation)
}

/** An array of clonable elements. */
const deriveArrays = (ast: SchemaAST.Arrays, recur: Recur): SchemaAST.AST => {
  const elements = mapOrSame(ast.elements, (type, index) => at(String(index), () => recur(type)))
  const rest = mapOrSame(ast.rest, (type) => at("number", () => recur(type)))
  return elements === ast.elements && rest === ast.rest ? ast : copyAst<SchemaAST.Arrays>(ast, { elements, rest })
}

/** A struct or record of clonable fields. Symbols for names stay in their thread, so they are refused. */
const deriveObjects = (ast: SchemaAST.Objects, recur: Recur): SchemaAST.AST => {
  const propertySignatures = mapOrSame(ast.propertySignatures, (signature) => {
    const { name, type } = signature
    if (typeof name === "symbol") {
      throw new NotClonable(
        `a property is named by ${String(name)}, and symbols stay in their thread; name it by a text`
      )
    }
    const derived = at(String(name), () => recur(type))
    return derived === type ? signature : new SchemaAST.PropertySignature(name, derived)
  })
  const indexSignatures = mapOrSame(ast.indexSignatures, (signature) => {
    if (isSymbolic(signature.parameter)) {
      throw new NotClonable("a record has symbols for its keys, and symbols stay in their thread; take texts")
    }
    const parameter = recur(signature.parameter)
    const type = at("string", () => recur(signature.type))
    return parameter === signature.parameter && type === signature.type
      ? signature
      : new SchemaAST.IndexSignature(parameter, type)
  })
  return propertySignatures === ast.propertySignatures && indexSignatures === ast.indexSignatures
    ? ast
    : copyAst<SchemaAST.Objects>(ast, { propertySignatures, indexSignatures })
}

/** Whether keys of a record may be symbols. */
const isSymbolic = (parameter: SchemaAST.AST): boolean =>
  parameter._tag === "Symbol" || parameter._tag === "UniqueSymbol" ||
  (parameter._tag === "Union" && parameter.types.some(isSymbolic))

/**
 * A member is known by its form when it arrives. Where two members may look the same and not be the same, a value says which
 * one it is of: `[1, value]`.
 */
const deriveUnion = (ast: SchemaAST.Union, recur: Recur): SchemaAST.AST => {
  if (ast.types.some(isAbsent)) {
    const later = () => unionOf(copyAst<SchemaAST.Union>(ast, { context: undefined }), recur)
    return new SchemaAST.Suspend(later, undefined, undefined, undefined, ast.context)
  }
  return unionOf(ast, recur)
}

/** Whether it refers to what is not there yet, because the module that defines it is still being loaded. */
const isAbsent = (ast: SchemaAST.AST): boolean => {
  if (ast._tag !== "Suspend") return false
  try {
    ast.thunk()
    return false
  } catch {
    return true
  }
}

/** A union of clonable members, each by its form or by its number. */
const unionOf = (ast: SchemaAST.Union, recur: Recur): SchemaAST.AST => {
  const types = mapOrSame(ast.types, recur)
  if (areClear(types, ast.types)) return types === ast.types ? ast : copyAst<SchemaAST.Union>(ast, { types })
  return copyAst<SchemaAST.Union>(ast, { types: types.map(numbered) })
}

/** Whether each member is known by its form, or is the same as those that look like it. */
const areClear = (types: ReadonlyArray<SchemaAST.AST>, given: ReadonlyArray<SchemaAST.AST>): boolean => {
  const forms = types.map((type, index) => {
    const encoded = SchemaAST.toEncoded(type)
    const from = given[index]
    const form = from?._tag === "Suspend" && from.encoding === undefined ? referred(from) : encoded
    return { form, changes: encoded !== SchemaAST.toType(type) }
  })
  return forms.every((one, index) =>
    forms.slice(index + 1).every((other) => !(one.changes || other.changes) || !overlap(one.form, other.form))
  )
}

/** A member that crosses as `[index, value]`. */
const numbered = (type: SchemaAST.AST, index: number): SchemaAST.AST =>
  SchemaAST.decodeTo(
    new SchemaAST.Arrays(false, [new SchemaAST.Literal(index), SchemaAST.toEncoded(type)], []),
    type,
    SchemaTransformation.transform({
      decode: ([, value]: readonly [number, unknown]) => value,
      encode: (value: unknown): readonly [number, unknown] => [index, value]
    })
  )
