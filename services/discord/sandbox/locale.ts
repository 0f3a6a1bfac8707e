/** Languages, as Discord calls them. */
import type { Locale } from "discord-api-types/v10"

/** Every language that Discord has. */
export const locales = [
  "id",
  "en-US",
  "en-GB",
  "bg",
  "zh-CN",
  "zh-TW",
  "hr",
  "cs",
  "da",
  "nl",
  "fi",
  "fr",
  "de",
  "el",
  "hi",
  "hu",
  "it",
  "ja",
  "ko",
  "lt",
  "no",
  "pl",
  "pt-BR",
  "ro",
  "ru",
  "es-ES",
  "es-419",
  "sv-SE",
  "th",
  "tr",
  "uk",
  "vi"
] as const satisfies ReadonlyArray<`${Locale}`>

/** The language of the guild, and of people who have set none. */
export const locale = "en-US" satisfies `${Locale}`
