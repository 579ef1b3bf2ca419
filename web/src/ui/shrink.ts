// Photos before they are sent: as large as anybody needs to see a part.

/** Below this many bytes a photo goes as it is. */
const SMALL = 600_000;
/** The longer side, in pixels: a scratch is seen, and four photos are sent in seconds where a telephone has little network. */
const EDGE = 2_048;
const QUALITY = 0.85;

/** The photo as a smaller JPEG, without where it was taken; what cannot be read, or becomes no smaller, as it is. */
export async function shrunk(file: File): Promise<File> {
  if (!file.type.startsWith('image/') || file.size <= SMALL) return file;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const paper = canvas.getContext('2d');
  if (paper) {
    // A JPEG has no see-through places, and black ones are taken for damage.
    paper.fillStyle = '#fff';
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  }
  picture.close();
  const bytes = paper && await new Promise<Blob | null>((made) => { canvas.toBlob(made, 'image/jpeg', QUALITY); });
  return bytes && bytes.size < file.size ? new File([bytes], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : file;
}
