// What this phone keeps: answers that were opened, and entries that wait to be sent. IndexedDB, so that a reload,
// a closed browser or an empty battery loses nothing.

const NAME = "fengqiao-grid";
let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("answers", { keyPath: "path" });
      request.result.createObjectStore("queue", { keyPath: "key" });
      request.result.createObjectStore("notes", { keyPath: "name" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function within(store, mode, work) {
  const base = await database();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(store, mode);
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const get = (store, key) => within(store, "readonly", (shelf) => shelf.get(key));
export const all = (store) => within(store, "readonly", (shelf) => shelf.getAll());
export const put = (store, value) => within(store, "readwrite", (shelf) => shelf.put(value));
export const remove = (store, key) => within(store, "readwrite", (shelf) => shelf.delete(key));
export const clear = (store) => within(store, "readwrite", (shelf) => shelf.clear());

/** A small fact by name: whose phone this is, the draft of a report. */
export async function note(name) {
  return (await get("notes", name))?.value;
}

export function setNote(name, value) {
  return put("notes", { name, value });
}
