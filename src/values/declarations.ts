/**
 * How the values of declared types cross: Effect's own (`Date`, `Map`, bytes), those with a codec, and users' classes.
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { copyAst, encodeTo, inContextOf, mapOrSame } from "./ast.ts"
import { carry, described, filesClone, isBytes, isOf } from "./carried.ts"
import { NotClonable, ofPart } from "./notClonable.ts"

/** Derives the clonable form of a part of a schema. */
export type Recur = (ast: SchemaAST.AST) => SchemaAST.AST

/** Does something with a part of a schema. If it throws `NotClonable`, that names the part. */
export const at = <A>(name: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    throw ofPart(name, error)
  }
}

/** The clonable form of a declaration. Throws `NotClonable` if it is a class without a codec. */
export const deriveDeclaration = (ast: SchemaAST.Declaration, recur: Recur): SchemaAST.AST => {
  const id = representationOf(ast)
  const builtIn = deriveBuiltIn(ast, id, recur)
  if (builtIn !== undefined) return builtIn
  if (id !== undefined && neverCross(id)) throw refusal(ast)
  // A parameter that has a codec of its own is encoded by the declaration; then its form has to be clear here already.
  const typeParameters = mapOrSame(
    ast.typeParameters,
    (type, index) => SchemaAST.toEncoded(type) === SchemaAST.toType(type) ? type : at(String(index), () => recur(type))
  )
  const codec = codecOf(ast, typeParameters)
  if (codec === "json") return carry(ast, { kind: "data" }, isOf(ast))
  if (codec !== undefined) {
    const declaration = copyAst<SchemaAST.Declaration>(ast, { typeParameters })
    return encodeTo(declaration, recur(inContextOf(ast, codec.to)), codec.transformation)
  }
  const what = described(ast)
  if (what === "class") throw refusal(ast)
  return carry(ast, what, isOf(ast))
}

/** A declaration of Effect's whose values structured clone carries. */
const deriveBuiltIn = (
  ast: SchemaAST.Declaration,
  id: string | undefined,
  recur: Recur
): SchemaAST.AST | undefined => {
  switch (id) {
    case "effect/schema/ReadonlyMap":
    case "effect/schema/ReadonlySet": {
      const typeParameters = mapOrSame(ast.typeParameters, (type, index) => at(String(index), () => recur(type)))
      return typeParameters === ast.typeParameters ? ast : copyAst<SchemaAST.Declaration>(ast, { typeParameters })
    }
    case "effect/schema/Uint8Array":
      return carry(ast, { kind: "bytes", name: "Uint8Array" }, isBytes)
    case "effect/schema/Date":
      return carry(ast, { kind: "native", name: "Date" }, isOf(ast))
    case "effect/schema/RegExp":
      return carry(ast, { kind: "native", name: "RegExp" }, isOf(ast))
    case "effect/schema/File":
      if (filesClone()) return carry(ast, { kind: "native", name: "File" }, isOf(ast))
      throw refusal(ast)
    default:
      return undefined
  }
}

/** Files in a form are read asynchronously, which a message can't wait for; cryptographic keys say that they can't be written. */
const neverCross = (id: string): boolean => id === "effect/schema/FormData" || id.startsWith("effect/crypto/")

/** The error for a class without a codec, in the words of the schema if it has any. */
const refusal = (ast: SchemaAST.Declaration): NotClonable => {
  const expected = SchemaAST.resolveIdentifier(ast) ?? ast.annotations?.["expected"]
  const what = typeof expected === "string" ? `a value of ${expected}` : "an instance of a class"
  return new NotClonable(
    `${what} can't cross to another thread; use a Schema.Class, or annotate the schema with toCodec, which says what it crosses as`
  )
}

/** The name under which Effect knows a declaration. */
const representationOf = (ast: SchemaAST.Declaration): string | undefined => {
  const representation = ast.annotations?.["representation"]
  return Predicate.hasProperty(representation, "id") && typeof representation.id === "string"
    ? representation.id
    : undefined
}

/** The codec that a declaration names; `"json"` when it says that it is JSON as it is. */
const codecOf = (
  ast: SchemaAST.Declaration,
  typeParameters: ReadonlyArray<SchemaAST.AST>
): SchemaAST.Link | "json" | undefined => {
  const make = ast.annotations?.["toCodec"] ?? ast.annotations?.["toCodecJson"]
  if (!Predicate.isFunction(make)) return undefined
  const link: unknown = make(typeParameters.map((parameter) => Schema.make(SchemaAST.toEncoded(parameter))))
  return link instanceof SchemaAST.Link ? link : link === undefined ? "json" : undefined
}
