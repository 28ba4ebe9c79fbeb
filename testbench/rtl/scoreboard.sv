// The lane's scoreboard: one entry a key from its admission to its decision, with token, block in flight, next plane
// and partial score (model/qkpu/scoreboard.h; 20 + 1 + 3 + 22 bits at 64 dims). Tokens are compared with all entries at
// once. What is written at an edge is there in the next cycle.
//
//   admit    a key takes the lowest free entry
//   find     the entry of a key, for the plane at the head of the lane's FIFO; `take` notes that the plane is processed
//   read     partial score of an entry, and `write` its new one
//   retire   the key's last plane is decided on: its entry is free again
module scoreboard #(
    parameter integer ENTRIES = 32,
    parameter integer PARTIAL_BITS = 22,
    parameter integer INDEX_BITS = (ENTRIES > 1) ? $clog2(ENTRIES) : 1
) (
    input  wire                    clk,
    input  wire                    reset,
    input  wire                    admit,
    input  wire             [19:0] admit_key,
    input  wire                    admit_slot,
    input  wire             [19:0] find_key,
    input  wire                    find_slot,
    output wire                    find_hit,
    output wire   [INDEX_BITS-1:0] find_entry,
    output wire              [2:0] find_plane,
    input  wire                    take,
    input  wire   [INDEX_BITS-1:0] read_entry,
    output wire [PARTIAL_BITS-1:0] read_partial,
    input  wire                    write,
    input  wire [PARTIAL_BITS-1:0] write_partial,  // to read_entry
    input  wire                    retire,
    input  wire   [INDEX_BITS-1:0] retire_entry,
    output wire              [6:0] used,           // without the one that retires in this cycle
    output wire                    full
);
    localparam [ENTRIES-1:0] ONE = 1;
    localparam [PARTIAL_BITS-1:0] ZERO = 0;

    reg [ENTRIES-1:0] valid;
    reg [ENTRIES-1:0] slots;
    reg        [19:0] keys    [0:ENTRIES-1];
    reg         [2:0] planes  [0:ENTRIES-1];
    reg [PARTIAL_BITS-1:0] partials[0:ENTRIES-1];
    reg         [6:0] count;

    // Bit e: entry e. Chosen ones are one-hot.
    wire [ENTRIES-1:0] hits;
    wire [ENTRIES-1:0] free = ~valid;
    wire [ENTRIES-1:0] lowest_free = free & (~free + ONE);

    function automatic [INDEX_BITS-1:0] number_of(input [ENTRIES-1:0] one_hot);
        integer e;
        begin
            number_of = {INDEX_BITS{1'b0}};
            for (e = 0; e < ENTRIES; e = e + 1) if (one_hot[e]) number_of = number_of | e[INDEX_BITS-1:0];
        end
    endfunction

    assign find_hit = |hits;
    assign find_entry = number_of(hits);
    assign find_plane = planes[find_entry];
    assign read_partial = partials[read_entry];
    assign used = count - {6'd0, retire};
    assign full = used == ENTRIES[6:0];

    genvar n;
    generate
        for (n = 0; n < ENTRIES; n = n + 1) begin : g_entry
            assign hits[n] = valid[n] && slots[n] == find_slot && keys[n] == find_key;
            always_ff @(posedge clk) begin
                if (reset) valid[n] <= 1'b0;
                else if (admit && lowest_free[n]) valid[n] <= 1'b1;
                else if (retire && retire_entry == n[INDEX_BITS-1:0]) valid[n] <= 1'b0;
                if (admit && lowest_free[n]) begin
                    slots[n] <= admit_slot;
                    keys[n] <= admit_key;
                    planes[n] <= 3'd0;
                    partials[n] <= ZERO;
                end else begin
                    if (take && hits[n]) planes[n] <= planes[n] + 3'd1;
                    if (write && read_entry == n[INDEX_BITS-1:0]) partials[n] <= write_partial;
                end
            end
        end
    endgenerate

    always_ff @(posedge clk)
        if (reset) count <= 7'd0;
        else count <= used + {6'd0, admit};

`ifndef SYNTHESIS
    reg [6:0] entries;  // without the one that retires in this cycle, counted anew; for waveforms
    integer i;
    always_comb begin
        entries = 7'd0 - {6'd0, retire};
        for (i = 0; i < ENTRIES; i = i + 1) entries = entries + {6'd0, valid[i]};
    end
    wire unused_entries = &{1'b0, entries};

    wire [ENTRIES-1:0] there;  // entries of the key that is admitted
    generate
        for (n = 0; n < ENTRIES; n = n + 1) begin : g_there
            assign there[n] = valid[n] && slots[n] == admit_slot && keys[n] == admit_key;
        end
    endgenerate
    always @(posedge clk)
        if (!reset) begin
            assert (!admit || count != ENTRIES[6:0])
            else $fatal(1, "scoreboard: key %0d is admitted to a full scoreboard", admit_key);
            assert (!retire || valid[retire_entry])
            else $fatal(1, "scoreboard: entry %0d is retired without a key", retire_entry);
            assert (!admit || there == {ENTRIES{1'b0}})
            else $fatal(1, "scoreboard: key %0d is admitted twice", admit_key);
            assert (!take || find_hit)
            else $fatal(1, "scoreboard: a plane came for key %0d without an entry", find_key);
        end
`endif
endmodule
