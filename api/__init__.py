"""The HTTP side: accepts searches, streams their progress, serves records and pictures; knows no Triton or FAISS."""
