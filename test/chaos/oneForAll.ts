import { declare } from "./systems.ts"

export default declare("one-for-all", import.meta.url)
