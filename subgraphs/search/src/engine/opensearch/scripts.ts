/*
 * How documents are changed inside OpenSearch, in Painless: versions are compared where the document is kept, so changes may come in any
 * order, any number of times and from several processes. A script that changes nothing writes nothing.
 */

/** A SKU: the newest price and stock, and the products that have it. */
export const KEEP_SKU = `
def s = ctx._source;
boolean changed = false;
if (params.price != null && (s.price == null || params.price.version > s.price.version)) { s.price = params.price; changed = true; }
if (params.stock != null && (s.stock == null || params.stock.version > s.stock.version)) { s.stock = params.stock; changed = true; }
if (params.productId != null) {
  if (s.productIds == null) { s.productIds = new ArrayList(); }
  if (!s.productIds.contains(params.productId)) { s.productIds.add(params.productId); changed = true; }
}
if (!changed) { ctx.op = 'none'; }
`

/** A product: its document when that is newer, newer prices and stock of its SKUs, units sold; then what follows from them. */
export const KEEP_PRODUCT = `
def s = ctx._source;
boolean changed = false;
if (s.offers == null) { s.offers = new ArrayList(); }
if (params.document != null && (s.version == null || params.document.version > s.version)) {
  for (entry in params.document.entrySet()) { s[entry.getKey()] = entry.getValue(); }
  changed = true;
}
for (offer in params.offers) {
  def mine = null;
  for (one in s.offers) { if (one.sku == offer.sku) { mine = one; } }
  if (mine == null) { mine = new HashMap(); mine.sku = offer.sku; s.offers.add(mine); changed = true; }
  if (offer.price != null && (mine.price == null || offer.price.version > mine.price.version)) { mine.price = offer.price; changed = true; }
  if (offer.stock != null && (mine.stock == null || offer.stock.version > mine.stock.version)) { mine.stock = offer.stock; changed = true; }
}
if (params.units != null && (s.units == null || s.units != params.units)) { s.units = params.units; changed = true; }
if (!changed) { ctx.op = 'none'; return; }
def prices = new HashMap();
int inStock = 0;
if (s.shown != null) {
  for (offer in s.offers) {
    if (!s.shown.skus.contains(offer.sku)) { continue; }
    if (offer.stock != null && offer.stock.sellable) { inStock = 1; }
    if (offer.price == null || offer.price.money == null) { continue; }
    def money = offer.price.money;
    int sale = money.compareAtMinorUnits != null && money.minorUnits < money.compareAtMinorUnits ? 1 : 0;
    def known = prices.get(money.currencyCode);
    if (known == null) {
      known = new HashMap();
      known.currency = money.currencyCode; known.amount = money.minorUnits; known.onSale = sale;
      prices.put(money.currencyCode, known);
    } else {
      if (money.minorUnits < known.amount) { known.amount = money.minorUnits; }
      if (sale == 1) { known.onSale = 1; }
    }
  }
}
s.prices = new ArrayList(prices.values());
s.inStock = inStock;
double base = s.basePopularity == null ? 0 : s.basePopularity;
double units = s.units == null ? 0 : s.units;
s.popularity = base + units * params.soldUnit;
`

/** The newest of all times. */
export const KEEP_NEWEST = `
if (ctx._source.asOf != null && ZonedDateTime.parse(ctx._source.asOf).compareTo(ZonedDateTime.parse(params.asOf)) >= 0) { ctx.op = 'none'; }
else { ctx._source.asOf = params.asOf; }
`

/** In which group a product is shown: its place among the pinned ones, SKU 3, all others 2, buried 0. */
export const GROUP = `
def id = doc['productId'].value;
if (params.pins.containsKey(id)) { return params.pins.get(id); }
if (params.buried.contains(id)) { return 0; }
if (params.sku != '' && doc['skus'].contains(params.sku)) { return 3; }
return 2;
`

/** What a product's text score is multiplied by: popularity and freshness. */
export const FACTOR = `
double popularity = doc['popularity'].size() == 0 ? 0 : Math.max(0, doc['popularity'].value);
double logarithm = Math.log1p(popularity);
double days = doc['createdAt'].size() == 0 ? 36500 : Math.max(0, (params.now - doc['createdAt'].value.toInstant().toEpochMilli()) / 86400000.0);
return 1 + params.popularity * logarithm / (logarithm + params.usual) + params.freshness * Math.pow(2, -days / params.halfLife);
`
