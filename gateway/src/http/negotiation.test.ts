import { describe, expect, test } from 'vitest'
import { answerForm, prefersEvents, refusalOf, statusOf } from './negotiation.ts'

describe('the form of an answer', () => {
  test.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['application/json', 'legacy'],
    ['application/graphql-response+json', 'graphql'],
    ['APPLICATION/GraphQL-Response+JSON; Charset="UTF-8"', 'graphql'],
    ['application/graphql-response+json, application/json;q=0.9', 'graphql'],
    ['application/graphql-response+json;q=0.5, application/json;q=0.9', 'legacy'],
    ['application/json, application/graphql-response+json', 'legacy'],
    ['application/graphql-response+json, application/json', 'graphql'],
    ['text/html, */*;q=0.8', 'json'],
    ['*/*, application/graphql-response+json', 'graphql'],
    ['*/*, application/json;q=0', 'graphql'],
    ['*/*;q=0.1, application/graphql-response+json;q=0.05', 'json'],
    ['application/*;q=0.9, application/graphql-response+json;q=0', 'json'],
    ['application/json;q=0, application/graphql-response+json;q=0', null],
    ['text/html', null],
    ['*/*;q=0', null],
    ['application/json;charset=iso-8859-1', null],
    ['application/json;q=2', null],
  ])('that %s asks for is %s', (accept, form) => {
    expect(answerForm(accept)).toBe(form)
  })

  test.each([
    [undefined, false],
    ['*/*', false],
    ['text/*', false],
    ['text/event-stream', true],
    ['Text/Event-Stream; charset=utf-8', true],
    ['text/event-stream, multipart/mixed', true],
    ['text/event-stream, */*', true],
    ['text/event-stream, application/json', true],
    ['application/json, text/event-stream', false],
    ['application/graphql-response+json, application/json, text/event-stream, multipart/mixed', false],
    ['application/json;q=0.9, text/event-stream', true],
    ['application/json, text/event-stream;q=0', false],
  ])('that %s asks for is a stream of events: %s', (accept, events) => {
    expect(prefersEvents(accept)).toBe(events)
  })
})

describe('a request is refused before its body is read', () => {
  const json = { 'content-type': 'application/json' }
  test.each([
    ['PUT', '/graphql', json, 405],
    ['DELETE', '/graphql', json, 405],
    ['POST', '/graphql', {}, 415],
    ['POST', '/graphql', { 'content-type': 'text/plain' }, 415],
    ['POST', '/graphql', { 'content-type': 'application/json;charset=utf-16' }, 415],
    ['POST', '/graphql', { 'content-type': 'text/plain;application/json' }, 415],
    ['POST', '/graphql', { ...json, 'content-encoding': 'gzip' }, 415],
    ['POST', '/graphql', { ...json, accept: 'image/png' }, 406],
    ['POST', `/graphql?${'x'.repeat(9_000)}`, json, 414],
    ['GET', '/graphql', {}, 400],
    ['GET', '/graphql', { 'apollo-require-preflight': '1', 'content-type': 'message/http' }, 415],
  ])('%s %.20s with %o by %i', (method, target, headers, status) => {
    expect(refusalOf(method, target, headers)?.status).toBe(status)
  })

  test.each([
    ['POST', json],
    ['POST', { 'content-type': 'Application/JSON ; charset="UTF-8"' }],
    ['POST', { ...json, 'content-encoding': 'identity' }],
    ['GET', json],
    ['GET', { 'x-apollo-operation-name': 'a' }],
    ['HEAD', { 'apollo-require-preflight': '1' }],
  ])('unless it is in order: %s with %o', (method, headers) => {
    expect(refusalOf(method, '/graphql', headers)).toBeUndefined()
  })
})

test.each([
  ['graphql', true, false, undefined, 200],
  ['graphql', true, true, undefined, 294],
  ['json', true, true, undefined, 200],
  ['legacy', true, true, undefined, 200],
  ['graphql', false, true, 'BAD_USER_INPUT', 400],
  ['json', false, true, 'BAD_USER_INPUT', 400],
  ['legacy', false, true, 'BAD_USER_INPUT', 200],
  ['json', false, true, 'OPERATION_RESOLUTION_FAILURE', 422],
  ['legacy', false, true, 'OPERATION_RESOLUTION_FAILURE', 200],
  ['legacy', false, true, 'UNAUTHORIZED_FIELD_OR_TYPE', 403],
  ['legacy', false, true, 'PLANNER_BUSY', 503],
] as const)('as %s, data %s and errors %s (%s) are %i', (form, data, errors, code, status) => {
  expect(statusOf(form, data, errors ? [{ extensions: { code } }] : undefined)).toBe(status)
})
