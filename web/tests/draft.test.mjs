import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentOf, faultsOf, fieldOf, fresh, sumOf } from '../src/pages/room/draft.ts';

const items = [{ id: 'itm_1', part_name: 'a', quantity: 1 }, { id: 'itm_2', part_name: 'b', quantity: 3 }];
const typed = (more = {}) => ({ ...fresh('cash'), prices: { itm_1: '١٠٫٥٠', itm_2: '20' }, fee: '5', ...more });

test('a bid is what was typed, in the digits of the wire', () => {
  assert.equal(sumOf(typed(), items, false), 7_550);
  assert.deepEqual(contentOf(typed({ hours: '٢٤', notes: ' n ' }), items, false, false), {
    items: [{ request_item_id: 'itm_1', quantity: 1, unit_price: '10.50' }, { request_item_id: 'itm_2', quantity: 3, unit_price: '20.00' }],
    delivery_fee: '5.00', delivery_hours: 24, warranty_days: 90, payment_terms: 'cash', notes: 'n',
  });
  const sure = contentOf(typed({ floor: '60' }), items, false, true);
  assert.deepEqual([sure.floor, sure.confirmed, sure.notes], ['60.00', true, undefined]);
});

test('what makes no sense is named by its field, on its own screen', () => {
  assert.deepEqual(faultsOf(typed(), items, false), { prices: [], terms: [] });
  assert.deepEqual(faultsOf(typed({ prices: { itm_1: '0', itm_2: '1,5' }, fee: '-1' }), items, false).prices,
    ['items[0].unit_price', 'items[1].unit_price', 'delivery_fee']);
  assert.deepEqual(faultsOf(typed({ hours: '0', warranty: '1.5', floor: 'x' }), items, false).terms, ['delivery_hours', 'warranty_days', 'floor']);
  assert.equal(sumOf(typed({ prices: { itm_1: '1' } }), items, false), null);
});

test('where parts may be left out, one without a price is not offered', () => {
  const some = typed({ prices: { itm_1: ' ', itm_2: '20' }, conditions: { itm_1: 'used', itm_2: 'used' } });
  assert.deepEqual(faultsOf(some, items, true).prices, []);
  assert.deepEqual(faultsOf(some, items, false).prices, ['items[0].unit_price']);
  assert.equal(sumOf(some, items, true), 6_500);
  assert.deepEqual(contentOf(some, items, true, false).items, [{ request_item_id: 'itm_2', quantity: 3, unit_price: '20.00', condition: 'used' }]);
  assert.equal(fieldOf('items[0].unit_price', some, items, true), 'items[1].unit_price', 'the first line that is sent is the second part');
  assert.equal(fieldOf('delivery_fee', some, items, true), 'delivery_fee');
  const nothing = typed({ prices: {} });
  assert.deepEqual([faultsOf(nothing, items, true).prices, sumOf(nothing, items, true)], [['items[0].unit_price'], null]);
  // Where a condition is asked for, no other is sent.
  const asked = [{ ...items[0], condition: 'new_original' }];
  assert.equal(contentOf(typed({ conditions: { itm_1: 'used' } }), asked, false, false).items[0].condition, undefined);
});
