import { uuidFrom } from '@commerce/service/ids.ts'
import { type Book, finalAnswer, isFinal, type Line, type Try } from '../book.ts'
import type { Attempt, Order, Seen } from './seen.ts'
import { isSold } from './stock.ts'
import { against, sums, type Violation } from './violation.ts'

/** Orders are what buyers were told, once for each key, with their units taken once. */
export function orderViolations(
  { attempts, orders, placing, reservations, movements, tasks }: Seen,
  book: Book,
): Violation[] {
  const byId = new Map(orders.map((order) => [order.id, order]))
  const attemptById = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  const ordersByKey = Map.groupBy(orders, ({ attemptId }) => attemptById.get(attemptId)?.key ?? `attempt ${attemptId}`)
  const tries = [...book.tries.values()]
  const sales = Map.groupBy(
    movements.filter(({ reservationId }) => reservationId !== null),
    ({ reservationId }) => reservationId as string,
  )
  const states = new Map(reservations.map(({ id, state }) => [id, state]))
  const sold = new Set(orders.map(({ reservationId }) => reservationId))
  const takenBy = ({ reservationId }: Order): Line[] =>
    (sales.get(reservationId) ?? []).map(({ sku, delta }) => ({ sku, quantity: -delta }))

  const told = new Set(
    [...book.cancellations.values()].flatMap(({ orderId, answer }) =>
      answer === 'done' ? (uuidFrom(orderId, 'Order') ?? []) : [],
    ),
  )

  return [
    ...against(
      'an order that a buyer was told of exists',
      tries.flatMap((one) => [...placedIds(one)].map((id) => ({ one, id }))),
      ({ id }) => byId.has(uuidFrom(id, 'Order') ?? ''),
      ({ one, id }) => ({ about: `key ${one.key}`, expected: `order ${uuidFrom(id, 'Order') ?? id}`, got: 'none' }),
    ),
    ...against(
      'a key gives one order at most',
      tries,
      (one) => placedIds(one).size <= 1 && (ordersByKey.get(one.key)?.length ?? 0) <= 1,
      (one) => ({
        about: `key ${one.key}`,
        expected: 'one',
        got: `told ${[...placedIds(one)]}; there are ${ordersByKey.get(one.key)?.map(({ id }) => id)}`,
      }),
    ),
    ...against(
      'a key has one attempt at most',
      Map.groupBy(attempts, ({ key }) => key),
      ([, own]) => own.length === 1,
      ([key, own]) => ({ about: `key ${key}`, expected: 'one', got: `${own.length}` }),
    ),
    ...against(
      'a key has one final answer',
      tries,
      ({ answers }) => new Set(answers.filter(isFinal).map(({ type }) => type)).size <= 1,
      ({ key, answers }) => ({
        about: `key ${key}`,
        expected: 'the same answer each time',
        got: answers.map(({ type }) => type).join(', '),
      }),
    ),
    ...against(
      'a refusal is final',
      tries,
      (one) => !ordersByKey.has(one.key) || (finalAnswer(one)?.type ?? 'OrderPlaced') === 'OrderPlaced',
      (one) => ({ about: `key ${one.key}`, expected: 'no order', got: `${finalAnswer(one)?.type}, and an order` }),
    ),
    ...against(
      'a declined card buys nothing',
      tries.filter(({ token }) => token === 'tok_decline'),
      ({ key }) => !ordersByKey.has(key),
      ({ key }) => ({ about: `key ${key}`, expected: 'no order', got: `${ordersByKey.get(key)?.[0]?.id}` }),
    ),
    ...against(
      'an order is one that was asked for, line by line',
      orders,
      (order) => isAsked(order, attemptById.get(order.attemptId), book),
      ({ id, lines, total }) => ({
        about: `order ${id}`,
        expected: 'what its buyer put into the cart',
        got: `${JSON.stringify(lines)}, total ${total}`,
      }),
    ),
    ...against(
      'a cart gives one order at most',
      Map.groupBy(orders, ({ cartId }) => cartId),
      ([, own]) => own.length === 1,
      ([cart, own]) => ({ about: `cart ${cart}`, expected: 'one', got: own.map(({ id }) => id).join(', ') }),
    ),
    ...against(
      'an accepted attempt reaches an end',
      attempts,
      ({ phase }) => phase === 'done' || phase === 'failed',
      ({ id, phase }) => ({ about: `attempt ${id}`, expected: 'done or failed', got: phase }),
    ),
    ...against(
      'the attempt of an order says so',
      orders,
      ({ id, attemptId }) => attemptById.get(attemptId)?.orderId === id,
      ({ id, attemptId }) => ({
        about: `order ${id}`,
        expected: `attempt ${attemptId} done with it`,
        got: JSON.stringify(attemptById.get(attemptId)),
      }),
    ),
    ...against(
      'a cart is not held by an attempt that is over',
      placing,
      () => false,
      ({ id, attemptId }) => ({ about: `cart ${id}`, expected: 'open or completed', got: `held by ${attemptId}` }),
    ),
    ...against(
      'an order has one reservation, sold with all its lines',
      orders.filter(isSold),
      (order) => states.get(order.reservationId) === 'committed' && isSame(takenBy(order), order.lines),
      (order) => ({
        about: `order ${order.id}`,
        expected: `sold ${JSON.stringify(order.lines)}`,
        got: `reservation ${order.reservationId} ${states.get(order.reservationId)}, sold ${JSON.stringify(takenBy(order))}`,
      }),
    ),
    ...against(
      'the units of a cancelled order are back',
      orders.filter((order) => !isSold(order)),
      (order) => isSame(takenBy(order), []) && states.get(order.reservationId) !== 'held',
      (order) => ({
        about: `order ${order.id}`,
        expected: 'as many back as were sold',
        got: `reservation ${states.get(order.reservationId)}, gone ${JSON.stringify(takenBy(order))}`,
      }),
    ),
    ...against(
      'an order is cancelled if and only if its buyer was told so',
      orders,
      ({ id, status }) => told.has(id) === (status === 'CANCELLED'),
      ({ id, status }) => ({
        about: `order ${id}`,
        expected: told.has(id) ? 'cancelled' : 'not cancelled',
        got: status,
      }),
    ),
    ...against(
      'a change of an order reaches an end',
      tasks,
      ({ phase }) => phase === 'done' || phase === 'failed',
      ({ id, kind, phase }) => ({ about: `${kind} ${id}`, expected: 'done or failed', got: phase }),
    ),
    ...against(
      'what is sold is sold for an order',
      sales.keys(),
      (id) => sold.has(id),
      (id) => ({ about: `reservation ${id}`, expected: 'an order', got: 'none' }),
    ),
  ]
}

/** The ids, as buyers see them, of all orders that answers to a try spoke of. */
function placedIds({ answers }: Try): Set<string> {
  return new Set(answers.flatMap(({ orderId }) => orderId ?? []))
}

function isAsked({ lines, total }: Order, attempt: Attempt | undefined, { tries }: Book): boolean {
  const one = tries.get(attempt?.key ?? '')
  const told = one?.answers.find(({ total }) => total !== null)?.total ?? total
  const sum = lines.reduce((sum, { quantity, unit }) => sum + quantity * unit, 0)
  return one !== undefined && isSame(one.lines, lines) && total === sum && total === told
}

/** Whether both have the same quantities of the same SKUs. */
function isSame(some: readonly Line[], others: readonly Line[]): boolean {
  const [a, b] = [some, others].map((lines) =>
    sums(
      lines,
      ({ sku }) => sku,
      ({ quantity }) => quantity,
    ),
  ) as [Map<string, number>, Map<string, number>]
  const skus = new Set([...a.keys(), ...b.keys()])
  return [...skus].every((sku) => (a.get(sku) ?? 0) === (b.get(sku) ?? 0))
}
