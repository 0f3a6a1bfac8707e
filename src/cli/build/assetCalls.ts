/**
 * Finds the calls of `Assets.read` in the tree of a module. Pure.
 */

/** A call; `name` is missing if its arguments are not written out. */
export interface AssetCall {
  /** Where the second argument stands in the text. */
  readonly start: number
  readonly end: number
  readonly name: string | undefined
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const child = (node: unknown, key: string): unknown => isNode(node) ? Reflect.get(node, key) : undefined
const nodesIn = (value: unknown): ReadonlyArray<Node> => Array.isArray(value) ? value.filter(isNode) : []
const isOf = (node: unknown, type: string): node is Node => isNode(node) && node.type === type
const nameOf = (node: unknown): unknown => child(node, "name") ?? child(node, "value")

/** How a module calls `Assets.read`, by what it has imported under which name; nothing if that import has no way to it. */
const spelling = (from: unknown, imported: unknown, local: string): string | undefined => {
  if (from === "heddle" && imported === "*") return `${local}.Assets.read`
  if (from === "heddle" && imported === "Assets") return `${local}.read`
  if (from === "heddle/Assets" && imported === "*") return `${local}.read`
  return from === "heddle/Assets" && imported === "read" ? local : undefined
}

/** The expressions by which a module reaches `Assets.read`. */
const spellings = (program: Node): ReadonlySet<string> =>
  new Set(
    nodesIn(child(program, "body")).filter((statement) => isOf(statement, "ImportDeclaration")).flatMap((statement) => {
      const from = child(child(statement, "source"), "value")
      return nodesIn(child(statement, "specifiers")).flatMap((specifier) => {
        const imported = specifier.type === "ImportNamespaceSpecifier" ? "*" : nameOf(child(specifier, "imported"))
        return spelling(from, imported, String(nameOf(child(specifier, "local")))) ?? []
      })
    })
  )

/** An expression of names and dots, as text. */
const spelled = (node: unknown): string => {
  if (isOf(node, "Identifier")) return String(nameOf(node))
  if (isOf(node, "MetaProperty")) return "import.meta"
  if (!isOf(node, "MemberExpression") || child(node, "computed") === true) return ""
  return `${spelled(child(node, "object"))}.${String(nameOf(child(node, "property")))}`
}

const textOf = (node: unknown): string | undefined => {
  const value = child(node, "value")
  if (isOf(node, "Literal") && typeof value === "string") return value
  const quasis = nodesIn(child(node, "quasis"))
  if (!isOf(node, "TemplateLiteral") || quasis.length !== 1) return undefined
  const raw: unknown = Reflect.get(Object(child(quasis[0], "value")), "cooked")
  return typeof raw === "string" ? raw : undefined
}

/** All calls, in their order. */
export const assetCalls = (program: unknown): ReadonlyArray<AssetCall> => {
  if (!isNode(program)) return []
  const names = spellings(program)
  if (names.size === 0) return []
  const calls: Array<AssetCall> = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isNode(value)) return
    if (value.type === "CallExpression" && names.has(spelled(child(value, "callee")))) {
      const [module, name] = nodesIn(child(value, "arguments"))
      const isWritten = spelled(module) === "import.meta.url"
      const { end, start } = name ?? value
      calls.push({ start, end, name: isWritten ? textOf(name) : undefined })
    }
    Object.values(value).forEach(walk)
  }
  walk(program)
  return calls.toSorted((a, b) => a.start - b.start)
}
