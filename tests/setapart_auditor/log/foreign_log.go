// Verifies a log with golang.org/x/mod's note and tlog, which know nothing of setapart.
// Input, as JSON on standard input: {"key": verifier key, "note": signed checkpoint, "leaves": [base64 …],
// "index": n, "inclusion": [base64 …], "old": n, "oldRoot": base64, "consistency": [base64 …]}
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	Key, Note, OldRoot     string
	Leaves                 []string
	Index, Old             int64
	Inclusion, Consistency []string
}

func must(err error) {
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
}

func hashes(encoded []string) []tlog.Hash {
	found := make([]tlog.Hash, len(encoded))
	for i, one := range encoded {
		raw, err := base64.StdEncoding.DecodeString(one)
		must(err)
		copy(found[i][:], raw)
	}
	return found
}

func main() {
	var in input
	must(json.NewDecoder(os.Stdin).Decode(&in))
	verifier, err := note.NewVerifier(in.Key)
	must(err)
	opened, err := note.Open([]byte(in.Note), note.VerifierList(verifier))
	must(err)
	var size int64
	var origin, root string
	_, err = fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &origin, &size, &root)
	must(err)
	stored := map[int64]tlog.Hash{}
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, leaf := range in.Leaves {
		raw, err := base64.StdEncoding.DecodeString(leaf)
		must(err)
		added, err := tlog.StoredHashes(int64(i), raw, reader)
		must(err)
		at := tlog.StoredHashIndex(0, int64(i))
		for k, h := range added {
			stored[at+int64(k)] = h
		}
	}
	tree, err := tlog.TreeHash(size, reader)
	must(err)
	if base64.StdEncoding.EncodeToString(tree[:]) != root {
		must(fmt.Errorf("another root"))
	}
	leaf, err := base64.StdEncoding.DecodeString(in.Leaves[in.Index])
	must(err)
	must(tlog.CheckRecord(hashes(in.Inclusion), size, tree, in.Index, tlog.RecordHash(leaf)))
	must(tlog.CheckTree(hashes(in.Consistency), size, tree, in.Old, hashes([]string{in.OldRoot})[0]))
	fmt.Println("verified", size)
}
