import { Porter } from "./actors.ts"

export const layer = Porter.toLayer({})
