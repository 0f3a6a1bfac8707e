/**
 * Walks and rebuilds the trees of schemas; Effect keeps its own ways of doing so to itself.
 *
 * A node has two sides: its own, which its parts are on, and the one that it is encoded to, by the links of its `encoding`.
 */
import * as SchemaAST from "effect/SchemaAST"

/** A node with some of its parts replaced. */
export const copyAst = <A extends SchemaAST.AST>(ast: A, parts: { readonly [Key in keyof A]?: A[Key] }): A => {
  const bare: object = Object.create(Object.getPrototypeOf(ast))
  return Object.assign(bare, ast, parts)
}

/** A node that crosses in the form of another one. */
export const encodeTo = (ast: SchemaAST.AST, to: SchemaAST.AST, transformation: SchemaAST.Link["transformation"]) =>
  copyAst<SchemaAST.AST>(ast, { encoding: [new SchemaAST.Link(to, transformation)] })

/** A node where another one was: what is optional there is so here. */
export const inContextOf = (ast: SchemaAST.AST, to: SchemaAST.AST): SchemaAST.AST => {
  if (ast.context === undefined) return to
  const { annotations, isMutable, isOptional } = ast.context
  return withContext(to, new SchemaAST.Context(isOptional, isMutable, undefined, annotations))
}

/** A node, and what it is encoded to in the end, in a context. */
const withContext = (ast: SchemaAST.AST, context: SchemaAST.Context): SchemaAST.AST => {
  const last = ast.encoding?.[ast.encoding.length - 1]
  if (ast.encoding === undefined || last === undefined) return copyAst<SchemaAST.AST>(ast, { context })
  const link = new SchemaAST.Link(withContext(last.to, context), last.transformation)
  return copyAst<SchemaAST.AST>(ast, { context, encoding: replaceLast(ast.encoding, link) })
}

/** Where an encoding leads to in the end, replaced. */
export const replaceLast = (encoding: SchemaAST.Encoding, link: SchemaAST.Link): SchemaAST.Encoding => {
  const [first, ...rest] = encoding
  return rest.length === 0 ? [link] : [first, ...rest.slice(0, -1), link]
}

/** Maps all items; the same list if none is changed. */
export const mapOrSame = <A>(all: ReadonlyArray<A>, f: (item: A, index: number) => A): ReadonlyArray<A> => {
  const mapped = all.map(f)
  return mapped.some((item, index) => item !== all[index]) ? mapped : all
}

/** The parts of a node, on its own side of its encoding. */
export const childrenOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  switch (ast._tag) {
    case "Declaration":
      return ast.typeParameters
    case "Objects":
      return [
        ...ast.propertySignatures.map(({ type }) => type),
        ...ast.indexSignatures.flatMap(({ parameter, type }) => [parameter, type])
      ]
    case "Arrays":
      return [...ast.elements, ...ast.rest]
    case "Union":
      return ast.types
    case "Suspend":
      return [ast.thunk()]
    default:
      return []
  }
}

/** Whether a schema holds a node of some kind, anywhere on its own side. */
export const some = (root: SchemaAST.AST, is: (ast: SchemaAST.AST) => boolean): boolean => {
  const seen = new Set<SchemaAST.AST>()
  const holds = (ast: SchemaAST.AST): boolean => {
    if (seen.has(ast)) return false
    seen.add(ast)
    return is(ast) || childrenOf(ast).some(holds)
  }
  return holds(root)
}

/** The same, on its own side and on what it is encoded to. */
export const someOnTheWay = (root: SchemaAST.AST, is: (ast: SchemaAST.AST) => boolean): boolean => {
  const seen = new Set<SchemaAST.AST>()
  const holds = (ast: SchemaAST.AST): boolean => {
    if (seen.has(ast)) return false
    seen.add(ast)
    return is(ast) || (ast.encoding ?? []).some(({ to }) => holds(to)) || childrenOf(ast).some(holds)
  }
  return holds(root)
}

const detached = new WeakMap<SchemaAST.AST, SchemaAST.AST>()

/**
 * A tree of the same schema that shares no node with it. Effect keeps compiled code by node, so what is compiled for one
 * tree changes nothing for the other.
 */
export const detach = (ast: SchemaAST.AST): SchemaAST.AST => {
  const known = detached.get(ast)
  if (known !== undefined) return known
  const body = rebuild(ast, detach)
  const [first, ...rest] = ast.encoding ?? []
  const made = first === undefined
    ? body
    : copyAst<SchemaAST.AST>(body, { encoding: [detachLink(first), ...rest.map(detachLink)] })
  detached.set(ast, made)
  return made
}

/** A link to a tree of its own. */
const detachLink = ({ to, transformation }: SchemaAST.Link): SchemaAST.Link =>
  new SchemaAST.Link(detach(to), transformation)

/** A node with each of its parts, on its own side of its encoding, replaced by what `recur` makes of it. */
export const rebuild = (ast: SchemaAST.AST, recur: (ast: SchemaAST.AST) => SchemaAST.AST): SchemaAST.AST => {
  switch (ast._tag) {
    case "Declaration":
      return copyAst<SchemaAST.Declaration>(ast, { typeParameters: ast.typeParameters.map(recur) })
    case "Objects":
      return copyAst<SchemaAST.Objects>(ast, {
        propertySignatures: ast.propertySignatures.map(({ name, type }) =>
          new SchemaAST.PropertySignature(name, recur(type))
        ),
        indexSignatures: ast.indexSignatures.map(({ parameter, type }) =>
          new SchemaAST.IndexSignature(recur(parameter), recur(type))
        )
      })
    case "Arrays":
      return copyAst<SchemaAST.Arrays>(ast, { elements: ast.elements.map(recur), rest: ast.rest.map(recur) })
    case "Union":
      return copyAst<SchemaAST.Union>(ast, { types: ast.types.map(recur) })
    case "Suspend":
      return copyAst<SchemaAST.Suspend>(ast, { thunk: () => recur(ast.thunk()) })
    default:
      return copyAst<SchemaAST.AST>(ast, {})
  }
}
