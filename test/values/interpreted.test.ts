import { it, vi } from "@effect/vitest"

it("D14: Any value of any schema arrives as it was sent, where code must not be generated.", async () => {
  const refuse = () => {
    throw new EvalError("Code generation from strings disallowed for this context")
  }
  vi.stubGlobal("Function", new Proxy(Function, { apply: refuse, construct: refuse }))
  const { assertArriveAsSent } = await import("./chance.ts")
  assertArriveAsSent()
  vi.unstubAllGlobals()
})
