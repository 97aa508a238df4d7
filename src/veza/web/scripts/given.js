// Files that a person gives to a form, by choosing or dropping them: those of a folder with their paths in it.

/** @typedef {{file: File, path: string}} Given */

/** Names of files and folders that systems and tools leave beside others. */
const LITTER = /^(?:\.|__MACOSX$|@eaDir$|Thumbs\.db$|desktop\.ini$)/i;

/** @param {string} path */
const isWanted = (path) => !path.split("/").some((name) => LITTER.test(name));

/** @param {HTMLInputElement[]} inputs @returns {Given[]} */
export function chosen(inputs) {
  const files = inputs.flatMap((one) => [...(one.files ?? [])]);
  return files.map((file) => ({ file, path: file.webkitRelativePath || file.name })).filter((one) => isWanted(one.path));
}

/**
 * Asked while the event lasts: the browser forgets then what was dropped. Rejects where a file or folder cannot be read.
 * @param {DataTransfer} held
 * @param {number} most files after which no more are looked for
 * @returns {Promise<Given[]>}
 */
export async function dropped(held, most) {
  const entries = [...held.items].map((one) => one.webkitGetAsEntry()).filter((one) => one !== null);
  /** @type {Given[]} */
  const given = [];
  while (entries.length && given.length <= most) {
    const entry = /** @type {FileSystemEntry} */ (entries.shift()), path = entry.fullPath.slice(1);
    if (!isWanted(path)) continue;
    if (entry.isDirectory) entries.push(...(await inside(/** @type {FileSystemDirectoryEntry} */ (entry))));
    else given.push({ file: await opened(/** @type {FileSystemFileEntry} */ (entry)), path });
  }
  return given;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const opened = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} */
async function inside(folder) {
  const reader = folder.createReader(), found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return found;
    found.push(...some);
  }
}
