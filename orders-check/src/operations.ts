/** What is asked of the shop. */
export const operations = {
  upsert: `mutation Create($input: ProductUpsertInput!) { productUpsert(input: $input) { product { id } userErrors { message } } }`,
  stockSet: `mutation Count($input: StockSetInput!) { stockSet(input: $input) { stock { version } userErrors { code message } } }`,
  stockAdjust: `mutation Adjust($input: StockAdjustInput!) { stockAdjust(input: $input) { stock { version } userErrors { code message } } }`,
  stockTransfer: `mutation Bring($input: StockTransferInput!) { stockTransfer(input: $input) { userErrors { code message } } }`,
  locationCreate: `mutation Place($input: LocationCreateInput!) { locationCreate(input: $input) { location { code } userErrors { code message } } }`,
  priceSet: `mutation Price($input: PriceSetInput!) { priceSet(input: $input) { variant { sku } userErrors { message } } }`,
  cartCreate: `mutation Cart($input: CartCreateInput!) { cartCreate(input: $input) { cart { id lines { id sku quantity } } userErrors { code message } } }`,
  linesUpdate: `mutation Change($input: CartLinesUpdateInput!) { cartLinesUpdate(input: $input) { cart { lines { id sku quantity } } userErrors { code } } }`,
  cancel: `mutation Cancel($input: OrderCancelInput!) { orderCancel(input: $input) { order { status } userErrors { code } } }`,
  place: `mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) {
    __typename
    ... on OrderPlaced { order { id totals { total { minorUnits } } } }
  } }`,
}
