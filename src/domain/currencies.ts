// ISO 4217: every active currency of money that people are billed in, with its number of decimals.
// The list of exponents is ISO's own, not Intl's: CLDR's differ for seventeen currencies.

const DECIMALS_0 = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'
const DECIMALS_3 = 'BHD IQD JOD KWD LYD OMR TND'
const DECIMALS_2 =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF ' +
  'CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD ' +
  'HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA ' +
  'MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN ' +
  'QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP ' +
  'TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG'

const DECIMALS: ReadonlyMap<string, number> = new Map(
  [DECIMALS_0, '', DECIMALS_2, DECIMALS_3].flatMap((codes, decimals) =>
    (decimals === 1 ? [] : codes.split(' ')).map((code) => [code.toLowerCase(), decimals] as const),
  ),
)

/** Number of decimals of a lower-case ISO 4217 code, or null for a code that is not on the list. */
export const currencyDecimals = (currency: string): number | null => DECIMALS.get(currency) ?? null
