import { Actor } from "heddle"
import { Greeter, porterLayer } from "./actors.ts"

export const lazy = Actor.lazy(Greeter, () => Promise.resolve({ default: porterLayer }))
