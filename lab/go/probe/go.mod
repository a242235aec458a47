// The program that konvoy verify runs in its pods. Nothing but Go's own library.
module konvoy.local/probe

go 1.26.0
