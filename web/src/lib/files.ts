/** Files as the system hands them over: in folders, and perhaps gone by the time they are read. */

const PICTURE = /^[^.].*\.(jpe?g|jfif|png|webp|gif|bmp|tiff?|hei[cf]|avif|jp2|j2k)$/i;

/** What was dropped or pasted, with the pictures of the folders among it. To be called while the event is handled. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const given = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = await Promise.all(
    given.map(({ entry, file }) => (entry?.isDirectory ? picturesIn(entry as FileSystemDirectoryEntry) : [file])),
  );
  return found.flat().filter((file) => file !== null);
}

async function picturesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const entries = await entriesOf(folder.createReader());
  const found = await Promise.all(
    entries
      .sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }))
      .map((entry) => {
        if (entry.isDirectory) return picturesIn(entry as FileSystemDirectoryEntry);
        return PICTURE.test(entry.name) ? [fileOf(entry as FileSystemFileEntry)] : [];
      }),
  );
  return Promise.all(found.flat());
}

/** A reader gives a hundred entries at a time, and none at the end. */
async function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
  return some.length ? [...some, ...(await entriesOf(reader))] : [];
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** Those that can be read no more: moved, changed or on a disk that is away. A browser calls their upload a network error. */
export async function unreadable(files: readonly File[]): Promise<File[]> {
  const readable = await Promise.all(
    files.map((file) =>
      file
        .slice(0, 1)
        .arrayBuffer()
        .then(
          () => true,
          () => false,
        ),
    ),
  );
  return files.filter((_, index) => !readable[index]);
}
